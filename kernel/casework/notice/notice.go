package notice

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// Contact is somebody responsible, with the ways to reach them in the order in which they are tried.
type Contact struct {
	ID     string    `json:"id,omitempty"` // "" for one that is in no register
	Name   lang.Text `json:"name,omitzero"`
	Unit   string    `json:"unit,omitempty"`
	Area   string    `json:"area,omitempty"`
	Group  string    `json:"group,omitempty"`  // URI of the plant, or ""
	Duty   string    `json:"duty,omitempty"`   // what for: "plant", "district", "leader", "duty-officer"
	Person string    `json:"person,omitempty"` // account that answers when signed in, "person:…", or ""
	Lang   lang.Lang `json:"lang,omitempty"`   // of what they are told; Chinese where it is empty
	Ways   []Way     `json:"ways,omitempty"`
}

// Way is one way to reach somebody.
type Way struct { // "sms" "+86…", "mail", "mqtt", "push", "http", "page" "person:…"
	Channel string `json:"channel"`
	Address string `json:"address"`
}

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
	Link    string // path below the language prefix, "" for none
	Ack     string // what the receiver gives back to answer: AckPath + Ack is the address of the page; "" where no answer is wanted
}

// AckPath is where the public page of an answer stands, below the program's address.
const AckPath = "/ack/"

// Channel carries deliveries. Send returns when the other side has taken it; an error of kind errs.Invalid, errs.NotFound, errs.Denied or
// errs.TooLarge says that this address will never take it, any other one that it is worth another try. Found tells whether the other side
// has taken a key, known false where it cannot say. Both may be called from several goroutines at once.
type Channel interface {
	Name() string
	Send(ctx context.Context, d Delivery) (receipt string, err error)
	Found(ctx context.Context, key string) (receipt string, found, known bool, err error)
}

// Searcher is a Channel with many other sides, one an address: which of them is asked follows from the delivery. FoundFor takes the place of
// Found.
type Searcher interface {
	FoundFor(ctx context.Context, d Delivery) (receipt string, found, known bool, err error)
}

// State of a delivery.
type State string

// The states.
const (
	Waiting  State = "waiting" // of a later level, whose turn has not come
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
	ID        string   // of the delivery to this person, whichever way it takes
	Delivery  Delivery // without the token
	Contact   Contact
	Message   string // id
	About     string
	Level     int
	State     State
	Tries     int
	DueAt     time.Time // when the message became due
	ToldAt    time.Time
	EscapedAt time.Time // when the next level was told because of it
	AnswerAt  time.Time
	Answer    string
	Answerer  string // "contact:…", "person:…" who took it down
	Receipt   string
	Recorded  bool   // kept, not sent: the channel is not configured
	Reason    string // of a failure
}

// Masked gives the line without what only those may read who look after the contacts.
func (l Line) Masked() Line {
	l.Contact.Name, l.Contact.Ways, l.Delivery.Address = lang.Text{}, nil, ""
	return l
}

// Pace bounds what a channel is given.
type Pace struct {
	Parallel  int // deliveries under way at once; 16 where 0
	PerSecond int // 0: as fast as it takes them
}
