package register

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

// May tells whether somebody acts for what an office entered: the office itself does, the authority's own units do for all, and so does
// the program.
func (r *Register) May(by *identity.Principal, office string) bool {
	return by.Person() == "" && by.Unit == "" || by.Unit != "" && (by.Unit == office || slices.Contains(r.o.Wide, by.Unit))
}

// Mine refuses whoever does not act for a certificate's subject (errs.Denied). What is not in the register, as a server or a device, is the
// authority's own units'.
func (r *Register) Mine(ctx context.Context, by *identity.Principal, kind, id string) error {
	s, err := r.Subject(ctx, kind, id)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if !r.May(by, s.Office) {
		return elsewhere()
	}
	return nil
}

func elsewhere() error {
	return errs.Say(errs.Denied, "该主体由其他单位登记，请联系登记单位或认证机构办理", "another unit entered this subject: it, or the authority's own units, act for it")
}

// Saw writes down that somebody was shown the names of citizens or civil servants, before they are: where (a page's short name), and of whom,
// by internal number. An enterprise's name is public, a server has none; without a person in it nothing is written. n counts those that are
// not named here, as of a table that is handed out whole.
func (r *Register) Saw(ctx context.Context, by *identity.Principal, where string, subjects []string, n int) error {
	if len(subjects) == 0 && n == 0 {
		return nil
	}
	detail := map[string]any{"where": where}
	if len(subjects) > 0 {
		detail["subjects"] = subjects
	}
	if n > 0 {
		detail["count"] = n
	}
	return r.o.DB.Write(ctx, func(tx *store.Tx) error {
		return r.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: "certificates.read", Verb: "certificate.read-personal", Object: "certificate-holders", Detail: detail})
	})
}

// Personal tells whether the name of a subject of a kind is a person's.
func Personal(kind string) bool { return kind == ca.Citizen || kind == ca.Official }
