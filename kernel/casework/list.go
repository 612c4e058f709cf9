package casework

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
)

// seen reads a case for somebody who may see it; to all others it is not there.
func (s *Service) seen(tx *store.Tx, by *identity.Principal, id string) (*file, error) {
	f := new(file)
	if err := f.get(tx, id); err != nil {
		return nil, err
	}
	k := s.kinds[f.Kind]
	none := errs.Say(errs.NotFound, "没有这个案件", "there is no such case")
	if k == nil {
		return nil, none
	}
	if by.Can(k.SeeAll) || !by.Anonymous() && by.ID == "system:"+k.System {
		return f, nil
	}
	if !by.Can(k.See) {
		return nil, none
	}
	var n int64
	if err := tx.Get(qIsParty, []any{id, "unit:" + by.Unit, by.ID}, &n); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, none
	}
	return f, nil
}

// Get gives a case, where by may see it.
func (s *Service) Get(ctx context.Context, by *identity.Principal, id string) (c Case, err error) {
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		c, err = s.In(tx, by, id)
		return err
	})
	return c, errs.Wrap("read a case", err)
}

// In is Get in the caller's transaction.
func (s *Service) In(tx *store.Tx, by *identity.Principal, id string) (Case, error) {
	f, err := s.seen(tx, by, id)
	if err != nil {
		return Case{}, err
	}
	return f.out(), nil
}

// ByNumber gives the case with a number, where by may see it.
func (s *Service) ByNumber(ctx context.Context, by *identity.Principal, number string) (c Case, err error) {
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		var id string
		err := tx.Get(qNumber, []any{number}, &id)
		if errs.Is(err, errs.NotFound) {
			return errs.Say(errs.NotFound, "没有编号为“%[1]s”的案件", "there is no case %[1]q", number)
		}
		if err != nil {
			return err
		}
		c, err = s.In(tx, by, id)
		return err
	})
	return c, errs.Wrap("read a case", err)
}

// Timeline gives a case's lines, oldest first.
func (s *Service) Timeline(ctx context.Context, by *identity.Principal, id string) (list []Line, err error) {
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.seen(tx, by, id); err != nil {
			return err
		}
		list, err = readLines(tx, id)
		return err
	})
	return list, errs.Wrap("read a case's timeline", err)
}

// maxPage bounds a page of cases.
const maxPage = 1000

// order is a way to sort: an expression, and whether the largest comes first. The id decides between equals.
type order struct {
	by   string
	desc bool
}

var orders = map[string]order{
	"newest": {"opened", true},
	"oldest": {"opened", false},
	"due":    {"CASE WHEN due = 0 THEN 9000000000000000000 ELSE due END", false},
	"level":  {"CASE WHEN level = 0 THEN 9 ELSE level END", false},
}

// key is what an order sorts a case by.
func (o *order) key(name string, c *Case) int64 {
	switch {
	case name == "due" && c.Due.IsZero():
		return 9000000000000000000
	case name == "due":
		return store.Micros(c.Due)
	case name == "level" && c.Level == 0:
		return 9
	case name == "level":
		return int64(c.Level)
	}
	return store.Micros(c.Opened)
}

// clause gathers the conditions of a listing. Its text depends only on which filters are given.
type clause struct {
	where []string
	args  []any
}

func (c *clause) add(cond string, args ...any) {
	for _, a := range args {
		c.args = append(c.args, a)
		cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(c.args)), 1)
	}
	c.where = append(c.where, cond)
}

func (c *clause) in(column string, values []string) {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	c.add(column+" IN ("+strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")+")", args...)
}

// List gives a page of the cases that by may see.
func (s *Service) List(ctx context.Context, by *identity.Principal, f Filter) (list []Case, next string, err error) {
	if f.Limit <= 0 || f.Limit > maxPage {
		f.Limit = 100
	}
	var w clause
	if !s.visible(&w, by, f) {
		return nil, "", nil
	}
	f.narrow(&w)
	o, ok := orders[f.Order]
	if !ok {
		f.Order, o = "newest", orders["newest"]
	}
	dir, than := "", ">"
	if o.desc {
		dir, than = " DESC", "<"
	}
	if f.Cursor != "" {
		parts, err := store.Uncursor(f.Cursor, 3)
		if err != nil {
			return nil, "", err
		}
		at, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil || parts[0] != f.Order {
			return nil, "", errs.Say(errs.Invalid, "翻页标记无效，请回到第一页", "the mark of the page is not valid, go back to the first page")
		}
		w.add("("+o.by+" "+than+" ? OR ("+o.by+" = ? AND id "+than+" ?))", at, at, parts[2])
	}
	w.args = append(w.args, int64(f.Limit+1))
	q := store.Q("case.list", `SELECT `+columns+` FROM case_case WHERE `+strings.Join(w.where, " AND ")+` ORDER BY `+o.by+dir+`, id`+dir+` LIMIT $`+strconv.Itoa(len(w.args)))
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		list = nil
		return tx.Each(q, w.args, func(scan func(...any) error) error {
			var c file
			err := c.scan(scan)
			list = append(list, c.Case)
			return err
		})
	})
	if err == nil && len(list) > f.Limit {
		list = list[:f.Limit]
		last := &list[f.Limit-1]
		next = store.Cursor(f.Order, strconv.FormatInt(o.key(f.Order, last), 10), last.ID)
	}
	return list, next, errs.Wrap("list cases", err)
}

// visible narrows to what by may see; false where that is nothing.
func (s *Service) visible(w *clause, by *identity.Principal, f Filter) bool {
	var all, own []string
	for _, k := range s.o.Kinds {
		if len(f.Kinds) > 0 && !slices.Contains(f.Kinds, k.Name) || f.System != "" && k.System != f.System {
			continue
		}
		switch {
		case by.Can(k.SeeAll), !by.Anonymous() && by.ID == "system:"+k.System:
			all = append(all, k.Name)
		case by.Can(k.See):
			own = append(own, k.Name)
		}
	}
	var parts clause
	if len(all) > 0 {
		parts.in("kind", all)
	}
	if len(own) > 0 {
		parts.in("kind", own)
		parts.add("id IN (SELECT casefile FROM case_party WHERE party IN (?, ?))", "unit:"+by.Unit, by.ID)
		n := len(parts.where)
		parts.where = append(parts.where[:n-2], "("+parts.where[n-2]+" AND "+parts.where[n-1]+")")
	}
	if len(parts.where) == 0 {
		return false
	}
	w.where, w.args = []string{"(" + strings.Join(parts.where, " OR ") + ")"}, parts.args
	return true
}

func (f *Filter) narrow(w *clause) {
	if len(f.Stages) > 0 {
		w.in("stage", f.Stages)
	}
	if len(f.Units) > 0 {
		w.in("unit", f.Units)
	}
	for _, c := range [...]struct{ column, value string }{{"area", f.Area}, {"grp", f.Group}, {"holder", f.Holder}, {"parent", f.Parent}} {
		if c.value != "" {
			w.add(c.column+" = ?", c.value)
		}
	}
	if f.Open {
		w.add("closed = 0")
	}
	if f.Late {
		w.add("late = 1")
	}
	if f.Text != "" {
		w.add(`search LIKE ? ESCAPE '\'`, store.Contains(strings.ToLower(f.Text)))
	}
	if !f.From.IsZero() {
		w.add("opened >= ?", store.Micros(f.From))
	}
	if !f.To.IsZero() {
		w.add("opened < ?", store.Micros(f.To))
	}
}
