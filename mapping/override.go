package mapping

// override computes one field of an account by an expression.
type override struct{}

func (d *derivation) override() {}
