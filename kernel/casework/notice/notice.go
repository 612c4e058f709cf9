// Package notice (通知) tells people: who was told what, when, by which way, and who answered. A notice that is due is a row before it is
// a message; what was told is known after kill -9, and nobody is told twice.
//
// A [Channel] carries messages. Each message has a key; a channel is asked for the key after a crash before it is given the message
// again. Who does not answer in time is escalated to the next level.
package notice

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Contact is somebody responsible, with the ways to reach them in the order in which they are tried.
type Contact struct {
	ID    string
	Name  lang.Text
	Unit  string
	Area  string
	Group string // URI of the plant, or ""
	Duty  string // what for: "plant", "district", "leader", "duty-officer"
	Ways  []Way
}

// Way is one way to reach somebody.
type Way struct{ Channel, Address string } // "sms" "+86…", "mail", "mqtt", "push", "http"

// Message is what is told.
type Message struct {
	About    string // what it speaks of: "alarm:…", "case:…", "warning:…@version"
	Title    lang.Text
	Body     lang.Text
	Link     string        // path below the language prefix
	Priority int           // 1 to 4
	AckBy    time.Duration // 0: no answer is wanted
	Levels   [][]Contact   // told at once, then those of the next level where one of this one has not answered
}

// Delivery is one message to one contact by one way. Key is the same whenever it is tried again.
type Delivery struct {
	Key     string
	Channel string
	Address string
	Lang    lang.Lang
	Title   string
	Body    string
	Link    string
	Ack     string // what the receiver gives back to answer
}

// Channel carries deliveries. Send returns when the other side has taken it. Found tells whether the other side has taken a key, known
// false where it cannot say.
type Channel interface {
	Name() string
	Send(ctx context.Context, d Delivery) (receipt string, err error)
	Found(ctx context.Context, key string) (receipt string, found, known bool, err error)
}

// State of a delivery.
type State string

// The states.
const (
	Due      State = "due"
	Trying   State = "trying"
	Told     State = "told"
	Answered State = "answered"
	Failed   State = "failed"    // by every way
	Escaped  State = "escalated" // unanswered in time, the next level was told
	Recalled State = "recalled"
)

// Line is one row of who was told.
type Line struct {
	Delivery Delivery
	Contact  Contact
	Message  string // id
	Level    int
	State    State
	Tries    int
	DueAt    time.Time
	ToldAt   time.Time
	AnswerAt time.Time
	Answer   string
	Reason   string // of a failure
}

// Post tells. Its methods may be called from anywhere at once.
type Post struct{ _ int }

// Options are what a post works with.
type Options struct {
	DB       *store.DB
	Journal  *journal.Journal
	Now      func() time.Time
	Channels []Channel
}

// Open reads what is due.
func Open(ctx context.Context, o Options) (*Post, error) { panic("not yet") }

// Tell makes a message due, in the caller's transaction, and gives its id.
func (p *Post) Tell(tx *store.Tx, m Message) (id string, err error) { panic("not yet") }

// Recall ends what is due of everything about something; what was told stays told.
func (p *Post) Recall(tx *store.Tx, about string) error { panic("not yet") }

// Answer takes an answer by its token, or by a person who is signed in and is the contact.
func (p *Post) Answer(ctx context.Context, ack, answer string) error { panic("not yet") }

// AnswerAs takes the answer of somebody who is signed in.
func (p *Post) AnswerAs(ctx context.Context, by *identity.Principal, id, answer string) error {
	panic("not yet")
}

// Lines gives who was told about something.
func (p *Post) Lines(ctx context.Context, about, cursor string, limit int) (list []Line, next string, err error) {
	panic("not yet")
}

// Run sends what is due and escalates what is not answered, until ctx ends.
func (p *Post) Run(ctx context.Context) error { panic("not yet") }
