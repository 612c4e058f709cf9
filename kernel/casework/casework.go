// Package casework (案件) keeps cases: something that a unit must deal with, in stages, by deadlines counted on the working calendar,
// handed over between units, escalated when late, with a timeline that cannot be altered unseen: each line's hash stands in the journal.
package casework

import (
	"context"
	"io"
	"time"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Kind is a type of case that a system declares: its stages in order, what each needs, by when.
type Kind struct {
	Name   string // "incident", "rectification"
	System string // that declares it; its page of a case is /<system>/…
	Title  lang.Text
	Prefix string  // of its numbers: "YJ" gives YJ20261123-0001
	Stages []Stage // the first is where a case opens
	Open   string  // grant to open one
	See    string  // grant to see those of one's own unit
	SeeAll string  // grant to see all
}

// Stage is one stage of a kind.
type Stage struct {
	Name  string
	Title lang.Text
	Next  []string      // stages that may follow; none: the case is closed there
	Grant string        // to lead a case out of this stage
	Needs []Field       // what must be filled in before it may be left
	Due   time.Duration // time for this stage
	Clock bool          // Due runs day and night; otherwise in working hours
	Tell  string        // duty of the contacts that are told when it is late
}

// Field is what a stage asks for.
type Field struct {
	Name     string
	Title    lang.Text
	Type     string // "text", "long", "number", "date", "choice"
	Choices  []string
	Optional bool
}

// Case is one case.
type Case struct {
	ID, Number, Kind, Stage string
	Title                   string    // as its author wrote it
	Level                   int       // 1 the gravest to 4; 0 not yet judged
	Unit, Area, Holder      string    // the unit that has it, the person who deals with it
	Opened, Entered, Due    time.Time // Entered: the present stage
	Closed                  time.Time
	Late                    bool
	Group                   string // URI of the plant, "" for none
	Parent                  string // of a case that follows from another
	Fields                  map[string]string
	Offered                 string // unit that it has been offered to and that has not yet accepted
	Version                 int64
}

// Line is one line of a timeline.
type Line struct {
	Seq    int64
	At     time.Time
	Actor  string
	Unit   string
	Verb   string // "open", "advance", "comment", "attach", "offer", "accept", "refuse", "assign", "level", "late", "reopen", "link", "told", …
	Text   string
	Fields map[string]string
	File   string // id of an attachment
	Hash   string // hex; also in the journal's entry of the same act
}

// Change is what a verb does to a case: only what is given changes.
type Change struct {
	Verb   string
	Stage  string
	Title  string
	Level  *int
	Holder *string
	Text   string
	Fields map[string]string
}

// Filter picks cases.
type Filter struct {
	Kinds, Stages, Units []string
	Area, Group, Holder  string
	Open, Late           bool
	Text, Order, Cursor  string
	From, To             time.Time
	Limit                int
}

// Deadline counts working time; kernel/calendar gives one.
type Deadline func(from time.Time, work time.Duration) time.Time

// Service keeps the cases. Its methods may be called from anywhere at once.
type Service struct{ _ int }

// Options are what a service works with.
type Options struct {
	DB       *store.DB
	Journal  *journal.Journal
	Now      func() time.Time
	Kinds    []Kind
	Deadline Deadline
	Alarms   *alarm.Board
	Post     *notice.Post
}

// Open checks the kinds and reads what is open.
func Open(ctx context.Context, o Options) (*Service, error) { panic("not yet") }

// Start opens a case, in the caller's transaction, with the alarms that it speaks of.
func (s *Service) Start(tx *store.Tx, by *identity.Principal, c Case, alarms []string, text string) (Case, error) {
	panic("not yet")
}

// Do changes a case by one of the verbs, in the caller's transaction; version must be the case's present one, or 0 where the change does
// not rest on what was seen (a comment, an order's receipt). A verb that is none of the service's own writes a line and changes nothing.
func (s *Service) Do(tx *store.Tx, by *identity.Principal, id string, version int64, c Change) (Case, error) {
	panic("not yet")
}

// Offer hands a case to another unit, which accepts or refuses; until then it stays where it is.
func (s *Service) Offer(ctx context.Context, by *identity.Principal, id, unit, reason string) error {
	panic("not yet")
}

// Accept takes an offered case.
func (s *Service) Accept(ctx context.Context, by *identity.Principal, id string) error {
	panic("not yet")
}

// Refuse gives an offered case back with a reason.
func (s *Service) Refuse(ctx context.Context, by *identity.Principal, id, reason string) error {
	panic("not yet")
}

// Attach keeps a file with a case: at most 32 MiB, name and type as given, SHA-256 in the timeline.
func (s *Service) Attach(ctx context.Context, by *identity.Principal, id, name, media string, r io.Reader) (Line, error) {
	panic("not yet")
}

// File opens an attachment.
func (s *Service) File(ctx context.Context, by *identity.Principal, caseID, file string) (name, media string, r io.ReadCloser, err error) {
	panic("not yet")
}

// Get gives a case, where by may see it.
func (s *Service) Get(ctx context.Context, by *identity.Principal, id string) (Case, error) {
	panic("not yet")
}

// List gives a page of the cases that by may see.
func (s *Service) List(ctx context.Context, by *identity.Principal, f Filter) (list []Case, next string, err error) {
	panic("not yet")
}

// Timeline gives a case's lines, oldest first.
func (s *Service) Timeline(ctx context.Context, by *identity.Principal, id string) ([]Line, error) {
	panic("not yet")
}

// Fault is a line that does not fit the journal.
type Fault struct {
	Case, Number string
	Seq          int64
	Said         lang.Text
}

// Verify holds every line of every case against the journal; haihe journal verify and the journal's page call it.
func (s *Service) Verify(ctx context.Context) (lines int64, faults []Fault, err error) {
	panic("not yet")
}

// Tick marks cases that have become late and tells those whom their stage names.
func (s *Service) Tick(ctx context.Context) error { panic("not yet") }

// Follow adds a function that is called after each commit with the cases that changed.
func (s *Service) Follow(fn func(list []Case)) (stop func()) { panic("not yet") }
