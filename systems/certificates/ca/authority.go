package ca

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/store"
)

// Settings are what certificates say beside their subjects.
type Settings struct {
	Address      string // of /pki as checkers reach it: "http://pki.example.org/pki", no slash at the end
	Province     string // ST and L of names
	Locality     string
	Organization string // O of the authorities
	PolicyArc    []int  // certificate policies are numbered below it
	Statement    string // address of the certification practice statement, "" for none
	Shard        int64  // certificates to a part of the revocation list
}

// Options are what the authority works with.
type Options struct {
	DB       *store.DB
	Journal  *journal.Journal
	Vault    *trust.Vault
	Log      *tiles.Log // of issuance
	Now      func() time.Time
	Settings Settings
}

// Authority issues certificates and changes their standing.
type Authority struct {
	o Options

	mu     sync.RWMutex
	active map[string]*issuer // by family and algorithm
	byID   map[string]*issuer
	moved  []func(serial string)
	signed func() // between signing and storing; a test ends the program there
}

// Open migrates the tables and reads the issuing authorities.
func Open(ctx context.Context, o Options) (*Authority, error) {
	if err := o.DB.Migrate(ctx, "certificates.ca", tables); err != nil {
		return nil, errs.Wrap("migrate certificates", err)
	}
	if o.Settings.Shard <= 0 {
		o.Settings.Shard = 100_000
	}
	a := &Authority{o: o, active: map[string]*issuer{}, byID: map[string]*issuer{}}
	return a, a.reload(ctx)
}

// Follow has fn called after the commit that changed a certificate's standing. It must be quick and is called before requests are served.
func (a *Authority) Follow(fn func(serial string)) { a.moved = append(a.moved, fn) }

// Subject is whom a certificate is for.
type Subject struct {
	ID           string // internal number, unique within its kind; a server's or device's name
	Name         string // common name
	Organization string
	Unit         string
	Code         string // unified social credit code of an enterprise or unit
	DNS          []string
	IP           []netip.Addr
}

// Order asks for a certificate. Either CSR (DER or PEM, its signature is checked) or Public (SubjectPublicKeyInfo; whoever orders has made
// sure that the subject holds the key) is given; the algorithm follows the key.
type Order struct {
	ID      string // the same ID gives the same certificate however often it is asked for; "" is always a new order
	Kind    string
	Subject Subject
	CSR     []byte
	Public  []byte
	Days    int  // shorter than the profile's; 0: the profile's
	Replace bool // renewal: what stands is revoked as superseded in the same transaction
	By      *identity.Principal
	Grant   string // under which
}

// The standing of a certificate.
const (
	Valid     = 1
	Suspended = 2
	Revoked   = 3
	Expired   = 4
)

// Certificate is one that was issued.
type Certificate struct {
	Serial     string // 32 hexadecimal digits in lower case
	Authority  string
	Kind, Use  string
	Subject    string // internal number
	Name       string
	Algorithm  string
	From, To   time.Time
	State      int64
	Reason     cert.Reason
	Changed    time.Time
	Shard      int64
	Leaf       int64 // number in the log
	DER        []byte
	Chain      [][]byte     // of the issuing authority, up to the root: DER
	Envelope   []byte       // of an encryption certificate: its key for the holder, GM/T 0009 7.4
	Escrow     string       // id of that key in the vault
	Encryption *Certificate // of a signing certificate of a dual profile, as issued with it
}

// Standing is the answer on one certificate.
type Standing struct {
	Serial    string
	Authority string
	State     int64 // 0: unknown, never issued here
	Reason    cert.Reason
	At        time.Time // of the change
	To        time.Time
}
