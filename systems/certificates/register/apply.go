package register

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/keyset"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

// The grants of registration.
const (
	GrantApply   = "certificates.apply"
	GrantApprove = "certificates.approve"
)

// Options are what the register works with. Issue is the authority's verb.
type Options struct {
	DB      *store.DB
	Journal *journal.Journal
	Vault   *trust.Vault
	Now     func() time.Time
	Issue   func(ctx context.Context, o ca.Order) (ca.Certificate, error)
	Wide    []string // the authority's own units, which act for every subject
}

// Register keeps subjects and applications.
type Register struct{ o Options }

// New migrates the tables; it is opened after the authority, whose tables it reads.
func New(ctx context.Context, o Options) (*Register, error) {
	if err := o.DB.Migrate(ctx, "certificates.register", tables); err != nil {
		return nil, errs.Wrap("migrate the register of certificates", err)
	}
	return &Register{o: o}, nil
}

// Proof is what was seen of a subject's identity, by the officer who applies.
type Proof struct {
	Seen   string // which paper
	Manner string // one of Manners
	High   bool   // a second person must decide
}

// Apply submits an application for a subject. csr may be nil: then the holder brings the key with a code. Civil servants and enterprises
// are always of high assurance: their certificates bind others.
func (r *Register) Apply(ctx context.Context, by *identity.Principal, s Subject, p Proof, csr []byte, renewal bool) (Application, error) {
	if !by.Can(GrantApply) {
		return Application{}, errs.Say(errs.Denied, "您无权提交证书申请", "you may not apply for certificates")
	}
	if err := s.Check(); err != nil {
		return Application{}, err
	}
	if p.Seen = strings.TrimSpace(p.Seen); !plain(p.Seen, 64) || p.Seen == "" || MannerName(p.Manner).Zh == p.Manner {
		return Application{}, errs.Say(errs.Invalid, "请填写所核验的证件和核验方式", "say which paper was seen, and in what manner")
	}
	if len(csr) > 0 {
		req, err := cert.ReadRequest(csr)
		if err != nil {
			return Application{}, errs.Because(err, errs.Invalid, "证书请求无效，或签名与公钥不符", "the request is not valid, or its signature does not fit its key")
		}
		csr = req.Raw
	}
	if err := r.Identify(&s); err != nil {
		return Application{}, err
	}
	a := Application{ID: store.NewID(r.o.Now()), Kind: s.Kind, Name: s.Name, Renewal: renewal, Seen: p.Seen, Manner: p.Manner, SeenBy: by.ID, Unit: by.Unit,
		High: p.High || s.Kind != ca.Citizen, CSR: csr, State: "submitted", Asked: r.o.Now()}
	if a.CSR == nil {
		a.CSR = []byte{}
	}
	err := r.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := r.Enter(tx, by.ID, by.Unit, []*Subject{&s}); err != nil {
			return err
		}
		if !r.May(by, s.Office) {
			return elsewhere()
		}
		if !renewal {
			var n int64
			if err := tx.Get(qHolds, []any{s.ID, s.Kind, store.Micros(r.o.Now())}, &n); err != nil {
				return err
			}
			if n > 0 {
				return errs.Say(errs.Conflict, "该主体已有有效证书：请选择换发，或先吊销", "this subject has a standing certificate: choose a renewal, or revoke it first")
			}
		}
		if _, err := tx.Exec(qRenamed, s.Kind, s.ID, s.Name, s.Organization, s.Unit); err != nil {
			return err
		}
		a.Subject = s.ID
		if _, err := tx.Exec(qApply, a.ID, a.Kind, a.Subject, a.Name, flag(renewal), a.Seen, a.Manner, a.SeenBy, a.Unit, flag(a.High), a.CSR, store.Micros(a.Asked), []byte{}); err != nil {
			if errs.Is(err, errs.Conflict) {
				return errs.Say(errs.Conflict, "该主体已有未办结的申请", "this subject has an application under way")
			}
			return err
		}
		return r.record(tx, by, GrantApply, "certificate.apply", &a, map[string]any{"kind": a.Kind, "subject": a.Subject, "manner": a.Manner, "high": a.High, "renewal": renewal})
	})
	return a, err
}

// Approve lets an application through. The certificate is issued at once where the key is there; otherwise the code is what the holder is
// given, once: it is kept as a digest only.
func (r *Register) Approve(ctx context.Context, by *identity.Principal, id string) (code string, err error) {
	if !by.Can(GrantApprove) {
		return "", errs.Say(errs.Denied, "您无权审批证书申请", "you may not decide applications")
	}
	a, err := r.Application(ctx, id)
	switch {
	case err != nil:
		return "", err
	case !r.May(by, a.Unit):
		return "", elsewhere()
	case a.State != "submitted":
		return "", errs.Say(errs.Conflict, "申请已办结", "the application was decided already")
	case a.High && a.SeenBy == by.ID:
		return "", errs.Say(errs.Conflict, "高保证级别的申请须由另一人复核审批", "an application of high assurance is decided by a second person")
	}
	code = newCode()
	if err = r.approve(ctx, by, &a, digest(code)); err != nil || len(a.CSR) == 0 {
		return code, err
	}
	_, err = r.give(ctx, by, &a)
	return "", err
}

// Refuse ends an application with a reason, also one that was approved and whose holder never came: until then it keeps the subject from
// another.
func (r *Register) Refuse(ctx context.Context, by *identity.Principal, id, reason string) error {
	if !by.Can(GrantApprove) {
		return errs.Say(errs.Denied, "您无权审批证书申请", "you may not decide applications")
	}
	if reason = strings.TrimSpace(reason); reason == "" || !plain(reason, 200) {
		return errs.Say(errs.Invalid, "请写明不予通过的原因（不超过 200 字）", "give the reason, in at most 200 characters")
	}
	a, err := r.Application(ctx, id)
	if err != nil {
		return err
	}
	if !r.May(by, a.Unit) {
		return elsewhere()
	}
	return r.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qRefuse, a.ID, store.Micros(r.o.Now()), by.ID, reason, []byte{})
		return r.decided(tx, by, &a, "certificate.refuse", n, err)
	})
}

func (r *Register) approve(ctx context.Context, by *identity.Principal, a *Application, code []byte) error {
	return r.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qApprove, a.ID, store.Micros(r.o.Now()), by.ID, code)
		return r.decided(tx, by, a, "certificate.approve", n, err)
	})
}

// decided journals a decision that changed n rows.
func (r *Register) decided(tx *store.Tx, by *identity.Principal, a *Application, verb string, n int64, err error) error {
	if err == nil && n == 0 {
		err = errs.Say(errs.Conflict, "申请已办结", "the application was decided already")
	}
	if err != nil {
		return err
	}
	return r.record(tx, by, GrantApprove, verb, a, map[string]any{"kind": a.Kind, "subject": a.Subject})
}

// Collect gives the certificate of an approved application to the holder, who brings the code and the request with the key.
func (r *Register) Collect(ctx context.Context, code string, csr []byte) (ca.Certificate, error) {
	var a Application
	err := r.o.DB.Read(ctx, func(tx *store.Tx) error {
		return a.scan(func(dest ...any) error { return tx.Get(qCode, []any{digest(code)}, dest...) })
	})
	if errs.Is(err, errs.NotFound) {
		return ca.Certificate{}, errs.Say(errs.NotFound, "领证码无效或已使用", "the code is not valid, or was used already")
	}
	if err != nil {
		return ca.Certificate{}, err
	}
	a.CSR = csr
	return r.give(ctx, identity.System("certificates"), &a)
}

// give issues the certificate and closes the application. A crash in between leaves it approved; the same order then finds its certificate.
func (r *Register) give(ctx context.Context, by *identity.Principal, a *Application) (ca.Certificate, error) {
	s, err := r.Subject(ctx, a.Kind, a.Subject)
	if err != nil {
		return ca.Certificate{}, err
	}
	c, err := r.o.Issue(ctx, ca.Order{ID: "application:" + a.ID, Kind: a.Kind, Subject: s.Of(), CSR: a.CSR, Replace: a.Renewal, By: by, Grant: GrantApprove})
	if err != nil {
		return ca.Certificate{}, err
	}
	return c, r.o.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qGiven, a.ID, c.Serial, []byte{})
		return err
	})
}

// Of is the subject as a certificate names it.
func (s *Subject) Of() ca.Subject {
	return ca.Subject{ID: s.ID, Name: s.Name, Organization: s.Organization, Unit: s.Unit, Code: s.Code}
}

// Application reads one.
func (r *Register) Application(ctx context.Context, id string) (a Application, err error) {
	err = r.o.DB.Read(ctx, func(tx *store.Tx) error {
		return a.scan(func(dest ...any) error { return tx.Get(qApplication, []any{id}, dest...) })
	})
	if errs.Is(err, errs.NotFound) {
		return a, errs.Say(errs.NotFound, "没有这项申请", "there is no such application")
	}
	return a, err
}

// Applications lists them, newest first.
func (r *Register) Applications(ctx context.Context, state, kind, after string, limit int) (out []Application, total int64, next string, err error) {
	at, id, err := keyset.Read(after)
	if err != nil {
		return nil, 0, "", err
	}
	err = r.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		if err := tx.Get(qListTotal, []any{state, kind}, &total); err != nil {
			return err
		}
		return tx.Each(qList, []any{state, kind, at, id, limit + 1}, func(scan func(...any) error) error {
			var a Application
			if err := a.scan(scan); err != nil {
				return err
			}
			out = append(out, a)
			return nil
		})
	})
	if err == nil && len(out) > limit {
		out = out[:limit]
		next = keyset.Mark(store.Micros(out[limit-1].Asked), out[limit-1].ID)
	}
	return out, total, next, err
}

// Subject reads one.
func (r *Register) Subject(ctx context.Context, kind, id string) (s Subject, err error) {
	err = r.o.DB.Read(ctx, func(tx *store.Tx) error {
		return s.scan(func(d ...any) error { return tx.Get(qOne, []any{kind, id}, d...) })
	})
	if errs.Is(err, errs.NotFound) {
		return s, errs.Say(errs.NotFound, "登记册中没有这个主体", "the register has no such subject")
	}
	return s, err
}

func (s *Subject) scan(scan func(...any) error) error {
	return scan(&s.Kind, &s.ID, &s.Name, &s.Organization, &s.Unit, &s.Code, &s.Tail, &s.Office)
}

// Subjects lists the subjects of a kind by internal number; find is a whole name, number or code; held: 0 all, 1 with a standing
// certificate, 2 without.
func (r *Register) Subjects(ctx context.Context, kind, find string, held int64, after string, limit int) (out []Subject, total int64, next string, err error) {
	err = r.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		if err := tx.Get(qSubjectsTotal, []any{kind}, &total); err != nil {
			return err
		}
		return tx.Each(qSubjects, []any{kind, find, held, after, limit + 1}, func(scan func(...any) error) error {
			var s Subject
			if err := s.scan(scan); err != nil {
				return err
			}
			out = append(out, s)
			return nil
		})
	})
	if err == nil && len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID
	}
	return out, total, next, err
}

func (r *Register) record(tx *store.Tx, by *identity.Principal, grant, verb string, a *Application, detail map[string]any) error {
	return r.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: grant, Verb: verb, Object: "certificate-application:" + a.ID, Detail: detail})
}

// newCode is 100 random bits in 20 characters that are read out easily.
func newCode() string {
	const letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
	b := make([]byte, 20)
	rand.Read(b) // never fails: the program ends first
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)] // 256 is no multiple of 31: the lean is a hundredth of a bit
	}
	return string(b)
}

func digest(code string) []byte {
	sum := sha256.Sum256([]byte(strings.ToUpper(strings.TrimSpace(code))))
	return sum[:]
}

// Finish issues what was approved with its key and then interrupted: the same order finds its certificate, or makes it.
func (r *Register) Finish(ctx context.Context) error {
	var left []Application
	err := r.o.DB.Read(ctx, func(tx *store.Tx) error {
		left = nil
		return tx.Each(qLeft, nil, func(scan func(...any) error) error {
			var a Application
			if err := a.scan(scan); err != nil {
				return err
			}
			if len(a.CSR) > 0 {
				left = append(left, a)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	for i := range left {
		// What a subject's standing certificate or a missing authority keeps from being issued waits for its officer.
		if _, err := r.give(ctx, identity.System("certificates"), &left[i]); err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Invalid) {
			return err
		}
	}
	return nil
}

// Issue lets an application through in the program's own name, without the second person: for the demonstration's made-up subjects.
func (r *Register) Issue(ctx context.Context, by *identity.Principal, id string) error {
	a, err := r.Application(ctx, id)
	if err != nil {
		return err
	}
	if by.Person() != "" {
		return errs.Say(errs.Denied, "只有系统可以这样签发", "only the program itself issues in this way")
	}
	if err := r.approve(ctx, by, &a, digest(newCode())); err != nil {
		return err
	}
	_, err = r.give(ctx, by, &a)
	return err
}

// Total counts the registered subjects of a kind.
func (r *Register) Total(ctx context.Context, kind string) (n int64, err error) {
	err = r.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qSubjectsTotal, []any{kind}, &n) })
	return n, err
}
