package store

import "strings"

// Bulk is a statement that takes many rows at once: "INSERT INTO t (a, b)", two columns, "ON CONFLICT DO NOTHING". On PostgreSQL each
// statement is a round trip, on both engines each costs more than a row.
type Bulk struct {
	width int
	stmts [len(bulkSizes)]Stmt // by bulkSizes
}

// The numbers of rows that one statement takes: few, so that few texts are prepared, and enough that most groups of writers need one or
// two statements.
var bulkSizes = [...]int{1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64}

// NewBulk makes a Bulk of head, so many columns, and tail; "VALUES" with the placeholders comes between them.
func NewBulk(name, head string, width int, tail string) *Bulk {
	b := &Bulk{width: width}
	for i, size := range bulkSizes {
		var s strings.Builder
		s.WriteString(head + " VALUES ")
		for row := range size {
			if row > 0 {
				s.WriteByte(',')
			}
			s.WriteString(In(row*width+1, width))
		}
		s.WriteString(" " + tail)
		b.stmts[i] = Q(name, s.String())
	}
	return b
}

// ExecBulk runs b over rows that lie one after the other in args, and returns the number of rows changed. No row may come twice where
// b updates what is there.
func (t *Tx) ExecBulk(b *Bulk, args []any) (changed int64, err error) {
	for i := len(bulkSizes) - 1; i >= 0; i-- {
		for n := bulkSizes[i] * b.width; len(args) >= n && n > 0; args = args[n:] {
			k, err := t.Exec(b.stmts[i], args[:n:n]...)
			if err != nil {
				return changed, err
			}
			changed += k
		}
	}
	if len(args) > 0 {
		return changed, t.stick(internalf("statement %s: %d arguments are left over", b.stmts[0].Name, len(args)))
	}
	return changed, nil
}
