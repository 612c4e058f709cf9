package passkey

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

const (
	// Window is how long a challenge may be answered.
	Window = 5 * time.Minute
	// Most is how many passkeys a person may have.
	Most = 10
)

// Key is a passkey as its owner sees it.
type Key struct {
	ID      string // base64url of the credential's id
	Person  string
	Host    string // where it was made, and the only one that it works at
	Name    string
	Created time.Time
	Used    time.Time // zero before its first use

	record webauthn.Credential
}

// Site is where a browser sees this program: https://console.city.example or http://localhost:8080.
type Site struct {
	Origin string // scheme://host[:port]
	Host   string // without the port
}

// Book holds the passkeys.
type Book struct {
	db      *store.DB
	journal *journal.Journal
	people  *identity.Service
	now     func() time.Time
}

// Open makes the tables. now is the machine's clock: a challenge is good for minutes of it.
func Open(ctx context.Context, db *store.DB, j *journal.Journal, people *identity.Service, now func() time.Time) (*Book, error) {
	if err := db.Migrate(ctx, "passkey", tables); err != nil {
		return nil, errs.Wrap("open the passkeys", err)
	}
	return &Book{db: db, journal: j, people: people, now: now}, nil
}

// Ceremony is what a page holds between the two steps.
type Ceremony struct {
	Options string // JSON for navigator.credentials, with base64url for bytes
	State   string // to be brought back unchanged
}

// state is what State holds, under a stamp of this server.
type state struct {
	Use     string               `json:"use"`
	Person  string               `json:"person,omitempty"`
	Until   int64                `json:"until"` // microseconds
	Session webauthn.SessionData `json:"session"`
}

const (
	useMake = "passkey-make"
	useSign = "passkey-sign"
)

func (b *Book) party(at Site) (*webauthn.WebAuthn, error) {
	w, err := webauthn.New(&webauthn.Config{RPID: at.Host, RPDisplayName: "Haihe 海河", RPOrigins: []string{at.Origin},
		AttestationPreference: protocol.PreferNoAttestation})
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "通行密钥需要以域名（或 localhost）访问本平台，当前地址不可用", "passkeys want the platform to be reached by a name (or localhost), not as it is now")
	}
	return w, nil
}

// pack makes a ceremony of the options and what they must be answered with.
func (b *Book) pack(use, person string, options any, session *webauthn.SessionData) (Ceremony, error) {
	asked, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, errs.Wrap("write the options", err)
	}
	held, err := json.Marshal(state{Use: use, Person: person, Until: b.now().Add(Window).UnixMicro(), Session: *session})
	if err != nil {
		return Ceremony{}, errs.Wrap("write the state", err)
	}
	text := base64.RawURLEncoding.EncodeToString(held)
	return Ceremony{Options: string(asked), State: text + "." + b.people.Stamp(use, text)}, nil
}

// Ask begins a sign-in: any passkey that the device holds for this site may answer.
func (b *Book) Ask(at Site) (Ceremony, error) {
	w, err := b.party(at)
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, errs.Wrap("begin the sign-in", err)
	}
	return b.pack(useSign, "", options.Response, session)
}

// Offer begins the making of a passkey for who is signed in. The device is told a number for the person, no name of theirs beyond the login.
func (b *Book) Offer(ctx context.Context, who *identity.Principal, at Site) (Ceremony, error) {
	person := who.Person()
	if person == "" {
		return Ceremony{}, errs.Say(errs.Denied, "只有本人登录后才能添加通行密钥", "only a person who is signed in can add a passkey")
	}
	w, err := b.party(at)
	if err != nil {
		return Ceremony{}, err
	}
	held, err := b.Keys(ctx, person)
	if err != nil {
		return Ceremony{}, err
	}
	if len(held) >= Most {
		return Ceremony{}, tooMany()
	}
	options, session, err := w.BeginRegistration(&owner{id: person, keys: held},
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}),
		webauthn.WithExclusions(webauthn.Credentials((&owner{keys: held}).WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return Ceremony{}, errs.Wrap("begin the passkey", err)
	}
	return b.pack(useMake, person, options.Response, session)
}

func tooMany() error {
	return errs.Say(errs.Conflict, "最多可保存 %d 个通行密钥，请先删除不用的", "there may be %d passkeys at most: delete one that you do not use", Most)
}

func stale() error {
	return errs.Say(errs.Invalid, "验证已过期或已用过，请重试", "this check is too old or was used before: try again")
}

func refused(err error) error {
	return errs.Because(err, errs.Unauthenticated, "通行密钥未通过验证，请重试，或用账号和口令登录", "the passkey was not accepted: try again, or sign in with your account and password")
}
