package store

import (
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
)

// Stmt is one SQL statement with the name that its metrics bear. SQL is the common text of both engines: $1 placeholders,
// the column types TEXT, BIGINT, BOOLEAN, DOUBLE PRECISION, BYTEA.
type Stmt struct{ Name, SQL string }

// Q names a statement.
func Q(name, sql string) Stmt { return Stmt{name, sql} }

// In writes "($n,$n+1,...)" for count values, the first placeholder being first; "(NULL)", which matches nothing, for none.
// It stands for = ANY($1), which SQLite does not have. Keep count to a few fixed sizes where the statement is hot: each
// count is a statement of its own.
func In(first, count int) string {
	if count <= 0 {
		return "(NULL)"
	}
	var b strings.Builder
	b.Grow(count*4 + 2)
	for i := range count {
		if i == 0 {
			b.WriteByte('(')
		} else {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	b.WriteByte(')')
	return b.String()
}

// Contains makes the pattern that finds s anywhere in a text, for a condition that ends in LIKE $1 ESCAPE '\'.
// LIKE is exact on both engines; fold the case of column and pattern in Go where case must not matter.
func Contains(s string) string { return "%" + likeEscape.Replace(s) + "%" }

// HasPrefix makes the pattern that finds texts beginning with s, for LIKE $1 ESCAPE '\'.
func HasPrefix(s string) string { return likeEscape.Replace(s) + "%" }

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Micros is t as the storage keeps it: microseconds UTC since 1970; the zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the reverse of Micros, in UTC; 0 gives the zero time.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// checkArgs brings args to the five types that a column has, and refuses what one engine takes and the other does not.
// It changes args in place only where a named type has to become its basic one.
func checkArgs(q Stmt, args []any) ([]any, error) {
	copied := false
	set := func(i int, v any) {
		if !copied {
			args, copied = append([]any(nil), args...), true
		}
		args[i] = v
	}
	for i, a := range args {
		switch v := a.(type) {
		case nil, int64, bool, float64:
		case []byte:
			if v == nil { // a nil slice is NULL, on both engines
				set(i, nil)
			}
		case string:
			if err := checkText(q, i, v); err != nil {
				return nil, err
			}
		case int:
			set(i, int64(v))
		default:
			b, err := basic(q, i, a)
			if err != nil {
				return nil, err
			}
			set(i, b)
		}
	}
	return args, nil
}

// checkText refuses what PostgreSQL refuses in TEXT and SQLite would keep: a zero byte, and bytes that are not UTF-8.
func checkText(q Stmt, i int, s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return errs.Wrap("statement "+q.Name, errs.Say(errs.Invalid,
			"文本中含有零字节（\\x00），不能保存；请去除后重试（第 %d 个参数）",
			"the text holds a zero byte (\\x00) and cannot be kept; remove it and try again (argument %d)", i+1))
	}
	if !utf8.ValidString(s) {
		return errs.Wrap("statement "+q.Name, errs.Say(errs.Invalid,
			"文本不是有效的 UTF-8 编码，不能保存；请转换编码后重试（第 %d 个参数）",
			"the text is not valid UTF-8 and cannot be kept; convert it and try again (argument %d)", i+1))
	}
	return nil
}

// basic turns a value of a named type into its basic one. Other values are a fault of the program.
func basic(q Stmt, i int, a any) (any, error) {
	if _, ok := a.(time.Time); ok {
		return nil, internalf("statement %s: argument %d is a time.Time; times are kept as store.Micros(t)", q.Name, i+1)
	}
	v := reflect.ValueOf(a)
	switch v.Kind() {
	case reflect.String:
		return v.String(), checkText(q, i, v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(v.Uint()), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if v.IsNil() {
				return nil, nil
			}
			return v.Bytes(), nil
		}
	}
	return nil, internalf("statement %s: argument %d is a %T; text, integers, bool, float64, []byte and nil can be kept", q.Name, i+1, a)
}
