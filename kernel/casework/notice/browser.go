package notice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Public is the duty of those who have none: they asked to be told of warnings. Nobody waits for their answer, so that a citizen who does not
// answer calls no officer.
const Public = "public"

// pushChannel is the channel of browsers; its address is what the browser gave, as JSON without blanks.
const pushChannel = "push"

// Browser is one browser of a person, as that person sees it.
type Browser struct {
	ID      string // of the subscription: digits of its digest
	Service string // host of the push service
	Areas   []string
}

// Key gives a secret of the program that is kept with its data, the same for every instance; fresh makes it where there is none.
func (p *Post) Key(ctx context.Context, name string, fresh func() (string, error)) (key string, err error) {
	made, err := fresh()
	if err != nil {
		return "", err
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qKeyPut, name, made); err != nil { // what another instance was quicker with stays
			return err
		}
		return tx.Get(qKey, []any{name}, &key)
	})
	return key, errs.Wrap("keep a key", err)
}

// Subscribe adds a person's own browser as the first way of every contact that is them; who is no contact becomes one of the public, for
// an area or for the whole city. The consent is the person's act, and the journal has it.
func (p *Post) Subscribe(ctx context.Context, who *identity.Principal, address, area string, l lang.Lang) error {
	if who.Anonymous() {
		return errs.Say(errs.Unauthenticated, "请先登录", "sign in first")
	}
	return errs.Wrap("subscribe a browser", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := ofPerson(tx, who.ID)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			list = []Contact{{ID: store.NewID(p.o.Now()), Name: lang.T("订阅的市民", "Subscriber"), Area: area, Duty: Public, Person: who.ID, Lang: l}}
		}
		for i := range list {
			c := &list[i]
			if c.Duty == Public {
				c.Area = area
			}
			c.Ways = slices.DeleteFunc(c.Ways, func(w Way) bool { return w.Channel == pushChannel && browserID(w.Address) == browserID(address) })
			c.Ways = append([]Way{{pushChannel, address}}, c.Ways...)
			if err := c.Check(); err != nil {
				return err
			}
			if err := p.own(tx, who, "subscribe-push", c); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Unsubscribe takes a browser of the person's away, by its ID. Who has no other way left is told on their page, or is no contact any more
// where they were one of the public.
func (p *Post) Unsubscribe(ctx context.Context, who *identity.Principal, id string) error {
	return errs.Wrap("unsubscribe a browser", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := ofPerson(tx, who.ID)
		if err != nil {
			return err
		}
		found := false
		for i := range list {
			c := &list[i]
			n := len(c.Ways)
			c.Ways = slices.DeleteFunc(c.Ways, func(w Way) bool { return w.Channel == pushChannel && browserID(w.Address) == id })
			if len(c.Ways) == n {
				continue
			}
			found = true
			if len(c.Ways) == 0 && c.Duty != Public {
				c.Ways = []Way{{"page", c.Person}}
			}
			if err := p.own(tx, who, "unsubscribe-push", c); err != nil {
				return err
			}
		}
		if !found {
			return errs.Say(errs.NotFound, "没有这项推送订阅", "there is no such subscription")
		}
		return nil
	}))
}

// own keeps what a person changed of the contact that is them; one without ways is erased.
func (p *Post) own(tx *store.Tx, who *identity.Principal, verb string, c *Contact) error {
	err := putContact(tx, c, store.Micros(p.o.Now()))
	if err == nil && len(c.Ways) == 0 {
		err = erase(tx, c.ID)
	}
	if err != nil {
		return err
	}
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: "notice.own", Verb: verb, Object: "contact:" + c.ID})
}

// Browsers lists a person's own.
func (p *Post) Browsers(ctx context.Context, who *identity.Principal) (out []Browser, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		list, err := ofPerson(tx, who.ID)
		for _, c := range list {
			for _, w := range c.Ways {
				if w.Channel != pushChannel {
					continue
				}
				id := browserID(w.Address)
				i := slices.IndexFunc(out, func(b Browser) bool { return b.ID == id })
				if i < 0 {
					i = len(out)
					out = append(out, Browser{ID: id, Service: serviceOf(w.Address)})
				}
				out[i].Areas = append(out[i].Areas, c.Area)
			}
		}
		return err
	})
	return out, errs.Wrap("list browsers", err)
}

// Forget erases the contacts of the public that are a person, in the transaction that closes the account.
func (p *Post) Forget(tx *store.Tx, person string) error {
	list, err := ofPerson(tx, person)
	for _, c := range list {
		if err == nil && c.Duty == Public {
			err = erase(tx, c.ID)
		}
	}
	return err
}

func ofPerson(tx *store.Tx, person string) (list []Contact, err error) {
	if person == "" {
		return nil, nil
	}
	err = tx.Each(qContactOf, []any{person}, func(scan func(...any) error) error {
		c, err := scanContact(scan)
		list = append(list, c)
		return err
	})
	return list, err
}

// endpoint is what identifies a subscription: the keys may be made anew.
func endpoint(address string) string {
	var sub struct {
		Endpoint string `json:"endpoint"`
	}
	if json.Unmarshal([]byte(address), &sub) != nil {
		return ""
	}
	return sub.Endpoint
}

func browserID(address string) string {
	sum := sha256.Sum256([]byte(endpoint(address)))
	return hex.EncodeToString(sum[:8])
}

func serviceOf(address string) string {
	_, rest, _ := strings.Cut(endpoint(address), "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}
