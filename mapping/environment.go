package mapping

import "strings"

// The environments of Uniphore (documented-apis 1.2).
const (
	EnvDev  = "dev"
	EnvTest = "test"
	EnvProd = "prod"
	// EveryEnv is the scope of a grant for all of them.
	EveryEnv = "*"
)

// environments lists them in the order in which they are explained.
var environments = [...]string{EnvDev, EnvTest, EnvProd}

// NormalizeEnv returns the environment that name means, in any case; "staging"
// is what the Cloud Admin Portal calls "test". It reports false for every other
// name, the empty one included.
func NormalizeEnv(name string) (string, bool) {
	switch {
	case strings.EqualFold(name, EnvDev):
		return EnvDev, true
	case strings.EqualFold(name, EnvTest), strings.EqualFold(name, "staging"):
		return EnvTest, true
	case strings.EqualFold(name, EnvProd):
		return EnvProd, true
	}
	return "", false
}
