package status

import (
	"context"
	"embed"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

// How long lists hold, and how early they are made anew.
const (
	completeFor = 24 * time.Hour
	deltaFor    = 6 * time.Hour
	early       = 4 * time.Hour // before a complete list lapses; a quarter of it for deltas
)

const listColumns = `authority, shard, delta, number, base, entries, this_update, next_update`

var (
	qGet  = store.Q("certificates_list_get", `SELECT `+listColumns+`, der FROM certificates_list WHERE authority = $1 AND shard = $2 AND delta = $3`)
	qAll  = store.Q("certificates_list_all", `SELECT `+listColumns+` FROM certificates_list ORDER BY authority, shard, delta`)
	qKeep = store.Q("certificates_list_keep", `INSERT INTO certificates_list (`+listColumns+`, der) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (authority, shard, delta) DO UPDATE SET number = excluded.number, base = excluded.base, entries = excluded.entries, this_update = excluded.this_update, next_update = excluded.next_update, der = excluded.der
		WHERE certificates_list.number < excluded.number`)
)

// List is a revocation list as it stands.
type List struct {
	Authority    string
	Shard, Delta int64
	Number, Base int64
	Entries      int64
	This, Next   time.Time
	DER          []byte
}

func (l *List) scan(scan func(...any) error, more ...any) error {
	var this, next int64
	if err := scan(append([]any{&l.Authority, &l.Shard, &l.Delta, &l.Number, &l.Base, &l.Entries, &this, &next}, more...)...); err != nil {
		return err
	}
	l.This, l.Next = store.Time(this), store.Time(next)
	return nil
}

// Lists gives the lists as they stand, without their bytes.
func (s *Service) Lists(ctx context.Context) (out []List, err error) {
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qAll, nil, func(scan func(...any) error) error {
			var l List
			if err := l.scan(scan); err != nil {
				return err
			}
			out = append(out, l)
			return nil
		})
	})
	return out, err
}

func (s *Service) stored(ctx context.Context, authority string, shard, delta int64) (l List, err error) {
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		var der []byte
		err := l.scan(func(dest ...any) error { return tx.Get(qGet, []any{authority, shard, delta}, dest...) }, &der)
		l.DER = der
		return err
	})
	return l, err
}

// List gives a list that holds now, and makes it where there is none. errs.NotFound for parts that no certificate is in.
func (s *Service) List(ctx context.Context, authority string, shard, delta int64) (List, error) {
	l, err := s.stored(ctx, authority, shard, delta)
	if err == nil && l.Next.After(s.o.Now()) {
		return l, nil
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return List{}, err
	}
	i, ok := s.o.Authority.Issuer(authority)
	if !ok || i.Cert == nil || shard < 0 || shard > i.Issued/s.o.Shard {
		return List{}, errs.Say(errs.NotFound, "没有这份吊销列表", "there is no such revocation list")
	}
	if err := s.Renew(ctx, authority, shard, delta == 0); err != nil {
		return List{}, err
	}
	return s.stored(ctx, authority, shard, delta)
}

// Bytes gives a list's DER: the complete one, or the delta to it.
func (s *Service) Bytes(ctx context.Context, authority string, shard int64, delta bool) ([]byte, error) {
	kind := int64(0)
	if delta {
		kind = 1
	}
	l, err := s.List(ctx, authority, shard, kind)
	return l.DER, err
}

// Renew makes the lists of a part: the delta always, the complete one where it is asked for or there is none that holds.
func (s *Service) Renew(ctx context.Context, authority string, shard int64, complete bool) error {
	s.making.Lock() // numbers of lists rise; two makers would waste signatures
	defer s.making.Unlock()
	now := s.o.Now().UTC().Truncate(time.Second)
	base, err := s.stored(ctx, authority, shard, 0)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if complete || err != nil || !base.Next.After(now) {
		if base, err = s.make(ctx, authority, shard, nil, now); err != nil {
			return err
		}
	}
	_, err = s.make(ctx, authority, shard, &base, now)
	return err
}

// make signs and keeps a list; with a base it is a delta to it.
func (s *Service) make(ctx context.Context, authority string, shard int64, base *List, now time.Time) (List, error) {
	i, ok := s.o.Authority.Issuer(authority)
	if !ok || i.Cert == nil {
		return List{}, errs.Say(errs.NotFound, "没有这个签发机构", "there is no such authority")
	}
	key, err := s.o.Authority.Signer(ctx, authority)
	if err != nil {
		return List{}, err
	}
	var entries, before []cert.Entry
	if base == nil {
		entries, err = s.o.Authority.Revoked(ctx, authority, shard)
	} else {
		if before, err = entriesOf(base.DER); err == nil {
			entries, err = s.o.Authority.Revoked(ctx, authority, shard)
			entries = since(before, entries, now)
		}
	}
	if err != nil {
		return List{}, err
	}
	place := s.o.Authority.Place(authority, shard)
	l := List{Authority: authority, Shard: shard, Number: s.number(ctx, authority, shard), Entries: int64(len(entries)), This: now, Next: now.Add(completeFor)}
	doc := cert.List{Issuer: i.Cert.RawSubject, IssuerKey: i.Cert.SubjectKeyId, Number: l.Number, This: now, Entries: entries, Point: place.CRL, Delta: place.Delta}
	if base != nil {
		l.Delta, l.Base, l.Next = 1, base.Number, now.Add(deltaFor)
		doc.Base = base.Number
	}
	doc.Next = l.Next
	if l.DER, err = cert.MakeList(&doc, key); err != nil {
		return List{}, errs.Wrap("sign a revocation list", err)
	}
	err = s.o.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qKeep, l.Authority, l.Shard, l.Delta, l.Number, l.Base, l.Entries, store.Micros(l.This), store.Micros(l.Next), l.DER)
		return err
	})
	return l, err
}

// number is that of a part's next list: complete ones and deltas are counted together. RFC 5280 5.2.3
func (s *Service) number(ctx context.Context, authority string, shard int64) int64 {
	var most int64
	for delta := range int64(2) {
		if l, err := s.stored(ctx, authority, shard, delta); err == nil {
			most = max(most, l.Number)
		}
	}
	return most + 1
}

func entriesOf(der []byte) ([]cert.Entry, error) {
	l, err := cert.ReadList(der)
	if err != nil {
		return nil, errs.As(errs.Internal, "read a list of our own", err)
	}
	return l.Entries, nil
}

// since gives what changed since a complete list: new entries, and those that were lifted from hold. RFC 5280 5.2.4
func since(before, now []cert.Entry, at time.Time) (out []cert.Entry) {
	had := map[string]cert.Reason{}
	for _, e := range before {
		had[string(e.Serial)] = e.Reason
	}
	for _, e := range now {
		if r, ok := had[string(e.Serial)]; !ok || r != e.Reason {
			out = append(out, e)
		}
		delete(had, string(e.Serial))
	}
	for _, e := range before {
		if r, left := had[string(e.Serial)]; left && r == cert.CertificateHold {
			out = append(out, cert.Entry{Serial: e.Serial, At: at, Reason: cert.RemoveFromCRL})
		}
	}
	return out
}

// Tend makes the lists anew that changed, or that will lapse.
func (s *Service) Tend(ctx context.Context) error {
	for _, p := range s.takeDirty() {
		if err := s.Renew(ctx, p.authority, p.shard, false); err != nil {
			s.mark(p)
			return err
		}
	}
	lists, err := s.Lists(ctx)
	if err != nil {
		return err
	}
	now := s.o.Now()
	for _, l := range lists {
		ahead := early
		if l.Delta == 1 {
			ahead = deltaFor / 4
		}
		if l.Next.Sub(now) > ahead {
			continue
		}
		if i, ok := s.o.Authority.Issuer(l.Authority); !ok || i.Cert == nil || !i.Cert.NotAfter.After(now) {
			continue
		}
		if err := s.Renew(ctx, l.Authority, l.Shard, l.Delta == 0); err != nil {
			return err
		}
	}
	return nil
}

type part struct {
	authority string
	shard     int64
}

// PartName names a part of an authority's numbers for people: the range of its issue.
func PartName(shard, size int64) string {
	return strconv.FormatInt(shard*size+1, 10) + "–" + strconv.FormatInt((shard+1)*size, 10)
}

// moved is told by the authority after the commit of a change.
func (s *Service) moved(serial string) {
	s.drop(serial)
	s.mu.Lock()
	s.changed = append(s.changed, serial)
	s.mu.Unlock()
}

// takeDirty finds the parts of the certificates that changed.
func (s *Service) takeDirty() (out []part) {
	s.mu.Lock()
	serials := s.changed
	s.changed = nil
	s.mu.Unlock()
	seen := map[part]bool{}
	for _, serial := range serials {
		if p, ok := s.o.Authority.Part(context.Background(), serial); ok && !seen[part{p.Authority, p.Shard}] {
			seen[part{p.Authority, p.Shard}] = true
			out = append(out, part{p.Authority, p.Shard})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.again {
		if !seen[p] {
			out = append(out, p)
		}
	}
	clear(s.again)
	return out
}

// mark has a part made at the next round: its making failed.
func (s *Service) mark(p part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again[p] = true
}
