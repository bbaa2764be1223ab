package servicemobility

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of argon2id: 19 MiB, two passes, one lane (OWASP's first choice), about
// 30 ms. It is written into each hash, so it can be raised later.
const (
	hashMemory  = 19 << 10 // KiB
	hashPasses  = 2
	hashThreads = 1
	hashBytes   = 32
	saltBytes   = 16
)

// hasher makes and checks password hashes, few at a time: each takes memory.
type hasher struct{ slots chan struct{} }

func newHasher() *hasher { return &hasher{slots: make(chan struct{}, 2)} }

// enter waits for a slot; leave it with the function.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt of a password: %w", err)
	}
	p := phc{memory: hashMemory, passes: hashPasses, threads: hashThreads, salt: salt}
	p.sum = p.compute(password)
	return p.String(), nil
}

// matches reports whether the password is the one of the hash.
func (h *hasher) matches(ctx context.Context, p *phc, password string) (bool, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	return subtle.ConstantTimeCompare(p.compute(password), p.sum) == 1, nil
}

// phc is an argon2id hash, in text "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
type phc struct {
	memory, passes uint32
	threads        uint8
	salt, sum      []byte
}

func (p *phc) compute(password string) []byte {
	return argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.threads, hashBytes)
}

func (p *phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads,
		b64.EncodeToString(p.salt), b64.EncodeToString(p.sum))
}

// nobodysHash is matched by no password that anyone could find.
var nobodysHash = &phc{
	memory: hashMemory, passes: hashPasses, threads: hashThreads,
	salt: make([]byte, saltBytes), sum: make([]byte, hashBytes),
}

// errHash deliberately holds nothing of the hash.
var errHash = errors.New("the password hash is not an argon2id hash in PHC form")

// parsePHC reads what String writes, from a configuration file. Costs beyond
// 1 GiB or 100 passes are refused.
func parsePHC(s string) (*phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, errHash
	}
	p := &phc{}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil {
		return nil, fmt.Errorf("%w: its costs", errHash)
	}
	var saltErr, sumErr error
	p.salt, saltErr = base64.RawStdEncoding.DecodeString(parts[4])
	p.sum, sumErr = base64.RawStdEncoding.DecodeString(parts[5])
	switch {
	case saltErr != nil || sumErr != nil || len(p.salt) < 8 || len(p.sum) != hashBytes:
		return nil, fmt.Errorf("%w: its salt or sum", errHash)
	case p.memory < 8 || p.memory > 1<<20 || p.passes < 1 || p.passes > 100 || p.threads < 1:
		return nil, fmt.Errorf("%w: its costs", errHash)
	}
	return p, nil
}
