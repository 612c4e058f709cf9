package seal

import (
	"context"
	"crypto"
	"embed"
	"fmt"
	"log/slog"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/identity/throttle"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qIdentity    = store.Q("seal_identity", `SELECT key_id, der, chain, until FROM seal_identity WHERE name = $1`)
	qIdentityPut = store.Q("seal_identity_put", `INSERT INTO seal_identity (name, key_id, serial, der, chain, until) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET key_id = excluded.key_id, serial = excluded.serial, der = excluded.der, chain = excluded.chain, until = excluded.until`)
	qStampAdd    = store.Q("seal_stamp_add", `INSERT INTO seal_stamp (number, at, digest) VALUES ($1, $2, $3)`)
	qDocumentAdd = store.Q("seal_document_add", `INSERT INTO seal_document (id, digest, title, size, unit, person, serial, at, signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	qDocument    = store.Q("seal_document", `SELECT id, digest, title, size, unit, person, serial, at, signature FROM seal_document WHERE id = $1`)
	qDocuments   = store.Q("seal_documents", `SELECT id, digest, title, size, unit, person, serial, at, signature FROM seal_document WHERE unit = $1 ORDER BY at DESC, id DESC LIMIT $2`)
	qByDigest    = store.Q("seal_by_digest", `SELECT id, digest, title, size, unit, person, serial, at, signature FROM seal_document WHERE digest = $1 ORDER BY at, id LIMIT 20`)
)

// Grant lets somebody seal documents for their unit.
const Grant = "certificates.seal"

// renewal is how long before its end a certificate of the service is renewed.
const renewal = 30 * 24 * time.Hour

// Grants are what people may do here.
func Grants() []identity.Grant {
	return []identity.Grant{{Name: Grant, Title: lang.T("以本单位名义给文件加盖电子印章", "Seal documents for their unit"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}}}
}

// Acts are the verbs of the journal.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "certificate.seal", Title: lang.T("给文件加盖电子印章", "Sealed a document")},
		{Verb: "certificate.stamp", Title: lang.T("签发时间戳", "Gave a time stamp")},
	}
}

// Settings are the part's keys of the configuration.
type Settings struct {
	PerMinute int    `toml:"per_minute" min:"1" max:"1000000" doc:"每个来访地址每分钟的时间戳请求上限；另可短时突发同样多 / time stamps that one address may ask for in a minute, and as many at once"`
	Policy    string `toml:"policy" doc:"时间戳策略标识；默认 2.999 为示例专用，正式运行须改为本市申请的标识 / policy that time stamps are given under; the default 2.999 is the arc for examples, a city sets its own"`
}

// Defaults are the settings without a file.
func Defaults() Settings { return Settings{PerMinute: 120, Policy: "2.999.1.7"} }

// Options are what the part works with.
type Options struct {
	DB        *store.DB
	Journal   *journal.Journal
	Vault     *trust.Vault
	People    *identity.Service
	Now       func() time.Time
	Log       *slog.Logger
	Policy    string           // object identifier of the policy that time stamps are given under
	PerMinute int              // time stamps to one address in a minute
	Wall      func() time.Time // the machine's clock, which callers are paced by
	Issue     func(ctx context.Context, o ca.Order) (ca.Certificate, error)
	Status    func(ctx context.Context, serial string) (ca.Standing, error)
	Roots     func(ctx context.Context) ([]ca.Root, error)
}

// Service seals, stamps and checks.
type Service struct {
	o    Options
	pace *throttle.Pace
}

// Open migrates the tables.
func Open(ctx context.Context, o Options) (*Service, error) {
	if !der.Named(o.Policy) {
		return nil, errs.Say(errs.Invalid, "[certificates.parts.seal] policy 应为点分数字，如 2.999.1.7", "[certificates.parts.seal] policy is to be numbers and dots, as 2.999.1.7")
	}
	if err := o.DB.Migrate(ctx, "certificates.seal", tables); err != nil {
		return nil, errs.Wrap("migrate seals", err)
	}
	return &Service{o: o, pace: throttle.NewPace(o.Wall, o.PerMinute, time.Minute, throttle.Size)}, nil
}

// holder is a key of the service with its certificate.
type holder struct {
	key   crypto.Signer
	der   []byte
	chain [][]byte
}

// system is who the service acts as where nobody asks by name.
func system() *identity.Principal { return identity.System("certificates") }

// holder gives the key and certificate of a name and algorithm, made and issued where there are none, renewed where they end soon.
func (s *Service) holder(ctx context.Context, kind string, subject ca.Subject, a pki.Algorithm) (h holder, err error) {
	name := kind + "-" + subject.ID + "-" + string(a)
	key, err := s.o.Vault.Ensure(ctx, system(), trust.Spec{Name: name, Purpose: kind, Algorithm: a})
	if err != nil {
		return h, err
	}
	var keyID string
	var chain []byte
	var until int64
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qIdentity, []any{name}, func(scan func(...any) error) error { return scan(&keyID, &h.der, &chain, &until) })
	})
	if err != nil {
		return h, err
	}
	now := s.o.Now()
	if keyID != key.ID || store.Time(until).Before(now.Add(renewal)) {
		// The order's id makes a repeated order, after a crash between issue and keeping, give the same certificate.
		c, err := s.o.Issue(ctx, ca.Order{ID: fmt.Sprintf("seal:%s:%d", key.ID, until), Kind: kind, Subject: subject, Public: key.Public, By: system(), Grant: Grant})
		if err != nil {
			return h, err
		}
		h.der, chain = c.DER, nil
		for _, above := range c.Chain {
			chain = append(chain, above...)
		}
		err = s.o.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qIdentityPut, name, key.ID, c.Serial, c.DER, chain, store.Micros(c.To))
			return err
		})
		if err != nil {
			return h, err
		}
	}
	for r := der.New(x509.Standard, chain); r.More(); {
		h.chain = append(h.chain, r.Any("4.1").Full)
	}
	h.key, err = s.o.Vault.Signer(ctx, key.ID)
	return h, err
}
