package notice

import (
	"context"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

func acts() []journal.Word {
	return []journal.Word{
		{Verb: "answer-notice", Title: lang.T("应答通知", "Answered a notice")},
		{Verb: "save-contact", Title: lang.T("登记联系人", "Entered a contact")},
		{Verb: "erase-contact", Title: lang.T("删除联系人", "Erased a contact")},
		{Verb: "import-contacts", Title: lang.T("导入联系人", "Imported contacts")},
		{Verb: "subscribe-push", Title: lang.T("订阅浏览器推送", "Subscribed a browser to notices")},
		{Verb: "unsubscribe-push", Title: lang.T("取消浏览器推送", "Ended a browser's subscription")},
	}
}

// Wanted picks contacts of the register. Empty fields pick all.
type Wanted struct {
	Duty, Unit, Area, Group string
	Text                    string // in names and addresses
	Cursor                  string
	Limit                   int
}

// Roster sets who of those with a duty is on shift now. Where it picks nobody all are told: a gap in the roster must not silence a notice.
func (p *Post) Roster(fn func(tx *store.Tx, duty string, list []Contact) ([]Contact, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.roster = fn
}

// Who gives those who are to be told, in the caller's transaction: the contacts of a duty, narrowed by unit, area and plant where these
// have contacts of their own (of a plant before its area, of an area before the city), and to those on shift.
func (p *Post) Who(tx *store.Tx, w Wanted) (list []Contact, err error) {
	if w.Duty == "" {
		return nil, nil
	}
	tries := []Wanted{w, {Duty: w.Duty, Unit: w.Unit, Area: w.Area}, {Duty: w.Duty, Area: w.Area}, {Duty: w.Duty, Unit: w.Unit}, {Duty: w.Duty}}
	for i, t := range tries {
		if i > 0 && t == tries[i-1] {
			continue
		}
		t.Text, t.Cursor, t.Limit = "", "", maxPeople
		if list, err = contacts(tx, t); err != nil || len(list) > 0 {
			break
		}
	}
	p.mu.RLock()
	roster := p.roster
	p.mu.RUnlock()
	if err != nil || roster == nil || len(list) == 0 {
		return list, err
	}
	on, err := roster(tx, w.Duty, list)
	if err != nil || len(on) == 0 {
		return list, err
	}
	return on, nil
}

func contacts(tx *store.Tx, w Wanted) (list []Contact, err error) {
	pattern := ""
	if w.Text != "" {
		pattern = store.Contains(w.Text)
	}
	err = tx.Each(qContacts, []any{w.Duty, w.Unit, w.Area, w.Group, pattern, w.Cursor, w.Limit}, func(scan func(...any) error) error {
		c, err := scanContact(scan)
		list = append(list, c)
		return err
	})
	return list, err
}

func scanContact(scan func(...any) error) (c Contact, err error) {
	var ways, l string
	if err = scan(&c.ID, &c.Name.Zh, &c.Name.En, &c.Unit, &c.Area, &c.Group, &c.Duty, &c.Person, &l, &ways); err != nil {
		return c, err
	}
	c.Lang = lang.Lang(l)
	return c, errs.As(errs.Internal, "read a contact", json.Unmarshal([]byte(ways), &c.Ways))
}

// Contacts lists the register (GrantContacts).
func (p *Post) Contacts(ctx context.Context, by *identity.Principal, w Wanted) (list []Contact, next string, err error) {
	if !by.Can(GrantContacts) {
		return nil, "", errContacts
	}
	limit := bounded(w.Limit)
	w.Limit = limit + 1
	err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = contacts(tx, w)
		return err
	})
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	return list, next, errs.Wrap("list contacts", err)
}

// Contact gives one (GrantContacts).
func (p *Post) Contact(ctx context.Context, by *identity.Principal, id string) (c Contact, err error) {
	if !by.Can(GrantContacts) {
		return c, errContacts
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) {
		c, err = scanContact(func(dest ...any) error { return tx.Get(qContact, []any{id}, dest...) })
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return c, errs.Say(errs.NotFound, "没有这位联系人", "there is no such contact")
	}
	return c, errs.Wrap("read a contact", err)
}

// Duties names the duties that contacts have.
func (p *Post) Duties(ctx context.Context) (list []string, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		list = nil
		return tx.Each(qDuties, nil, func(scan func(...any) error) error {
			var d string
			err := scan(&d)
			list = append(list, d)
			return err
		})
	})
	return list, errs.Wrap("list duties", err)
}

// Save enters contacts or changes those that bear an id (GrantContacts). All or none.
func (p *Post) Save(ctx context.Context, by *identity.Principal, list ...Contact) (ids []string, err error) {
	if !by.Can(GrantContacts) {
		return nil, errContacts
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			return nil, err
		}
	}
	now := p.o.Now()
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		ids = nil
		for _, c := range list {
			if c.ID == "" {
				c.ID = store.NewID(now)
			}
			if err := putContact(tx, &c, store.Micros(now)); err != nil {
				return err
			}
			ids = append(ids, c.ID)
		}
		act := journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantContacts, Verb: "save-contact"}
		if len(ids) == 1 {
			act.Object = "contact:" + ids[0]
		} else {
			act.Verb, act.Object, act.Detail = "import-contacts", "contacts", map[string]int{"contacts": len(ids)}
		}
		return p.o.Journal.Append(tx, act)
	})
	return ids, errs.Wrap("save contacts", err)
}

// Erase deletes a contact, and their name, addresses and answers wherever they were told (GrantContacts). That somebody was told stays.
func (p *Post) Erase(ctx context.Context, by *identity.Principal, id string) error {
	if !by.Can(GrantContacts) {
		return errContacts
	}
	return errs.Wrap("erase a contact", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := erase(tx, id); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantContacts, Verb: "erase-contact", Object: "contact:" + id})
	}))
}

// erase deletes a contact, and what is personal wherever they were told.
func erase(tx *store.Tx, id string) error {
	n, err := tx.Exec(qContactDrop, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.Say(errs.NotFound, "没有这位联系人", "there is no such contact")
	}
	for _, q := range [...]store.Stmt{qRecordDrop, qContactBlank} {
		if _, err := tx.Exec(q, id); err != nil {
			return err
		}
	}
	return nil
}

func putContact(tx *store.Tx, c *Contact, now int64) error {
	ways, err := json.Marshal(c.Ways)
	if err != nil {
		return errs.As(errs.Internal, "write a contact", err)
	}
	_, err = tx.Exec(qContactPut, c.ID, c.Name.Zh, c.Name.En, c.Unit, c.Area, c.Group, c.Duty, c.Person, string(c.Lang), string(ways), now)
	return err
}

// maxAddress bounds an address in bytes: a browser's subscription is the longest.
const maxAddress = 1000

// Check trims a contact and holds it to its form; errs.Invalid says what is wrong.
func (c *Contact) Check() error {
	c.Name.Zh, c.Name.En = strings.TrimSpace(c.Name.Zh), strings.TrimSpace(c.Name.En)
	if c.Name.En == "" {
		c.Name.En = c.Name.Zh
	}
	if c.Name.Zh == "" {
		c.Name.Zh = c.Name.En
	}
	for _, s := range []string{c.Name.Zh, c.Name.En, c.Unit, c.Area, c.Group, c.Duty, c.Person} {
		if len(s) > 300 || strings.ContainsFunc(s, unicode.IsControl) {
			return errs.Say(errs.Invalid, "联系人的某项过长或含控制字符", "a field of the contact is too long or holds control characters")
		}
	}
	switch {
	case c.Name.Zh == "":
		return errs.Say(errs.Invalid, "请填写联系人姓名", "give the contact's name")
	case c.Duty == "":
		return errs.Say(errs.Invalid, "请填写联系人的职责", "give the contact's duty")
	case c.Lang != "" && c.Lang != lang.Zh && c.Lang != lang.En:
		return errs.Say(errs.Invalid, "语言应为 zh 或 en", "the language is zh or en")
	case len(c.Ways) == 0 || len(c.Ways) > maxWays:
		return errs.Say(errs.Invalid, "联系方式应有 1 至 %[1]d 种", "a contact has 1 to %[1]d ways", maxWays)
	}
	for _, w := range c.Ways {
		if w.Channel == "" || w.Address == "" || len(w.Channel) > 20 || len(w.Address) > maxAddress || strings.ContainsFunc(w.Channel+w.Address, unicode.IsControl) {
			return errs.Say(errs.Invalid, "联系方式应写作“通道:地址”，如 sms:+8613800000000", "a way is written channel:address, such as sms:+8613800000000")
		}
		if w.Channel == "page" && w.Address != c.Person {
			return errs.Say(errs.Invalid, "站内通知的地址应是其账户", "the address of a way over pages is the contact's account")
		}
	}
	return nil
}

// ParseWays reads channel:address, separated by semicolons or spaces.
func ParseWays(text string) (list []Way, err error) {
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ';' || c == '；' || unicode.IsSpace(c) }) {
		channel, address, ok := strings.Cut(strings.Replace(part, "：", ":", 1), ":")
		if !ok || channel == "" || address == "" {
			return nil, errs.Say(errs.Invalid, "联系方式“%[1]s”应写作“通道:地址”，如 sms:+8613800000000", "the way %[1]q is written channel:address, such as sms:+8613800000000", part)
		}
		list = append(list, Way{Channel: strings.ToLower(channel), Address: address})
	}
	return list, nil
}

// FormatWays writes what ParseWays reads.
func FormatWays(list []Way) string {
	var out []string
	for _, w := range list {
		out = append(out, w.Channel+":"+w.Address)
	}
	return strings.Join(out, "; ")
}
