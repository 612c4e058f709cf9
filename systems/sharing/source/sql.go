package source

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store/foreign"
	"github.com/haihe-city/haihe/systems/sharing/policy"
)

// database is a foreign database as it is read.
type database interface {
	Each(ctx context.Context, s foreign.Select, fn func(values []any) error) error
	Close() error
}

func (s *Sources) addDatabase(line string) error {
	name, dsn, ok := strings.Cut(line, "=")
	if name = strings.TrimSpace(name); !ok || !plain.MatchString(name) {
		return errs.Say(errs.Invalid, "外部数据库应写作 名称=连接串", "a database is written name=connection string")
	}
	d, err := foreign.Open(strings.TrimSpace(dsn), s.o.Wait)
	if err != nil {
		return err
	}
	s.bases[name] = d
	return nil
}

var (
	plain    = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
	viewName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$`)
)

// view finds the database and the view of a spec: "power/public.meters".
func (s *Sources) view(spec Spec) (database, string, error) {
	name, view, ok := strings.Cut(spec.Where, "/")
	d := s.bases[name]
	if !ok || d == nil {
		return nil, "", errs.Say(errs.Invalid, "数据源应写作 数据库/视图，数据库须在 sharing.databases 中配置", "a source is written database/view, and the database stands in sharing.databases")
	}
	if !viewName.MatchString(view) {
		return nil, "", errs.Say(errs.Invalid, "视图名“%s”有误", "the name of the view %q is wrong", view)
	}
	return d, view, nil
}

// rowsAtOnce is how many rows one statement reads; a caller seldom wants more than a page.
const rowsAtOnce = 1000

// rows reads a view, statement by statement.
func (s *Sources) rows(ctx context.Context, q Query, fn func(Row) error) error {
	d, view, err := s.view(q.Spec)
	if err != nil {
		return err
	}
	key, ok := q.field(q.Spec.Key)
	if !ok {
		return errs.Say(errs.Unavailable, "数据源没有主键", "the source has no key")
	}
	sel := foreign.Select{View: view, Key: key.from(), Bytes: key.Kind == policy.Text, Limit: rowsAtOnce}
	for _, f := range q.Fields {
		sel.Columns = append(sel.Columns, f.from())
	}
	for _, c := range q.Narrow {
		sel.Where = append(sel.Where, narrow(q, c)...)
	}
	after := q.After
	for {
		if sel.Past = after != ""; sel.Past {
			sel.After = after
			if key.Kind == policy.Integer {
				n, ok := keyOf(after)
				if !ok {
					return errs.Say(errs.Invalid, "翻页标记无效", "the cursor is not valid")
				}
				sel.After = n
			}
		}
		n := 0
		err := d.Each(ctx, sel, func(values []any) error {
			n++
			row := Row{Values: map[string]any{}}
			for i, f := range q.Fields {
				row.Values[f.Name] = Coerce(f.Kind, values[i])
			}
			row.Mark = markOf(key, row.Values[key.Name])
			after = row.Mark
			if row.Mark == "" {
				return errs.Say(errs.Unavailable, "视图中有主键为空的行", "the view has a row whose key is empty")
			}
			return fn(row)
		})
		if err != nil || n < rowsAtOnce {
			return err
		}
	}
}

// narrow makes a condition of SQL where it says the same as ours; what cannot be said alike is left to whoever decides.
func narrow(q Query, c policy.Cond) []foreign.Cond {
	f, ok := q.field(c.Field)
	if !ok || len(c.Values) != 1 || c.Values[0] == policy.OwnDistrict || c.Op != "eq" {
		return nil
	}
	switch f.Kind {
	case policy.Text:
		return []foreign.Cond{{Column: f.from(), Op: "=", Value: c.Values[0]}}
	case policy.Integer:
		if n, err := strconv.ParseInt(c.Values[0], 10, 64); err == nil {
			return []foreign.Cond{{Column: f.from(), Op: "=", Value: n}}
		}
	}
	return nil
}
