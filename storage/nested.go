package storage

import "context"

// Within returns a Store whose Views and Updates happen inside tx, for as long
// as tx is valid: several operations, each written as if it had the database to
// itself, become one transaction. Each Update is whole or leaves nothing, as
// ever; but it is durable, and others see it, only once the transaction of tx
// has been committed. Only the goroutine that has tx may use it. Close does nothing.
func Within(tx Tx) Store { return within{tx} }

type within struct{ tx Tx }

func (w within) View(ctx context.Context, fn func(Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn(w.tx)
}

func (w within) Update(ctx context.Context, fn func(Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return w.tx.Nested(fn)
}

func (w within) Close() error { return nil }
