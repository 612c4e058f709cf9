package identity

import (
	"context"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// PeopleQuery selects people; empty fields do not. Ordered by login.
type PeopleQuery struct {
	Search string // part of login or name, in any case
	Unit   string
	Role   string
	Active bool   // leave out the disabled
	After  string // cursor
	Limit  int    // 1..500; 50 where 0
}

// People lists accounts (identity.read); next is the cursor of the following page, "" at the end.
func (s *Service) People(ctx context.Context, by *Principal, q PeopleQuery) (people []Person, next string, err error) {
	if err := allow(by, GrantReadPeople); err != nil {
		return nil, "", err
	}
	limit := q.Limit
	if limit == 0 {
		limit = 50
	}
	limit = min(max(limit, 1), 500)
	stmt, args, err := q.statement(limit + 1)
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		people = people[:0]
		return tx.Each(stmt, args, func(scan func(...any) error) error {
			var a account
			if err := a.read(scan); err != nil {
				return err
			}
			people = append(people, a.Person)
			return nil
		})
	})
	if err != nil {
		return nil, "", errs.Wrap("list people", err)
	}
	if len(people) > limit {
		people = people[:limit]
		next = store.Cursor(people[limit-1].Login)
	}
	return people, next, nil
}

func (q *PeopleQuery) statement(limit int) (store.Stmt, []any, error) {
	var where []string
	var args []any
	add := func(cond string, v any) { // cond names its value as $
		args = append(args, v)
		where = append(where, strings.ReplaceAll(cond, "$", "$"+strconv.Itoa(len(args))))
	}
	if text := strings.ToLower(strings.TrimSpace(q.Search)); text != "" {
		add(`search LIKE $ ESCAPE '\'`, store.Contains(text))
	}
	if q.Unit != "" {
		add(`unit = $`, q.Unit)
	}
	switch {
	case isAdmin(q.Role):
		add(`admin = $`, q.Role)
	case q.Role != "":
		add(`roles LIKE $ ESCAPE '\'`, store.Contains(" "+q.Role+" "))
	}
	if q.Active {
		where = append(where, `disabled = FALSE`)
	}
	if q.After != "" {
		parts, err := store.Uncursor(q.After, 1)
		if err != nil {
			return store.Stmt{}, nil, err
		}
		add(`login > $`, parts[0])
	}
	sql := `SELECT ` + personColumns + ` FROM identity_person`
	if len(where) > 0 {
		sql += ` WHERE ` + strings.Join(where, ` AND `)
	}
	args = append(args, limit)
	return store.Q("identity.people", sql+` ORDER BY login LIMIT $`+strconv.Itoa(len(args))), args, nil
}

// Person finds an account (errs.NotFound): one's own, or with identity.read anybody's.
func (s *Service) Person(ctx context.Context, by *Principal, id string) (Person, error) {
	if err := allowSelf(by, id, GrantReadPeople); err != nil {
		return Person{}, err
	}
	var a account
	err := s.db.Read(ctx, func(tx *store.Tx) error { return a.get(tx, qPerson, id) })
	if errs.Is(err, errs.NotFound) {
		err = noPerson()
	}
	return a.Person, errs.Wrap("find person", err)
}

// ActorName names a principal's id as a page shows it: a person's or token's name, a system's; the id itself where it is unknown.
func (s *Service) ActorName(ctx context.Context, id string) lang.Text {
	var name lang.Text
	var err error
	if person, ok := strings.CutPrefix(id, personPrefix); ok {
		var a account
		err = s.db.Read(ctx, func(tx *store.Tx) error { return a.get(tx, qPerson, person) })
		name = a.Name
	} else if token, ok := strings.CutPrefix(id, tokenPrefix); ok {
		var n string
		err = s.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qTokenName, []any{token}, &n) })
		name = lang.T("令牌 "+n, "Token "+n)
	} else if system, ok := strings.CutPrefix(id, systemPrefix); ok {
		name = System(system).Name
	}
	if err != nil || name.Empty() {
		return lang.Same(id)
	}
	return name
}
