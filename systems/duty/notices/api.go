package notices

import (
	"time"

	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
)

// letterJSON is a message as programs get it; it holds nothing personal.
type letterJSON struct {
	ID       string                 `json:"id"`
	About    string                 `json:"about"`
	Title    lang.Text              `json:"title"`
	Made     time.Time              `json:"made"`
	Recalled time.Time              `json:"recalled,omitzero"`
	For      int64                  `json:"for"`
	Missed   int64                  `json:"unanswered"`
	States   map[notice.State]int64 `json:"states"`
}

func letterOf(l notice.Letter) letterJSON {
	return letterJSON{l.ID, l.About, l.Title, l.Made, l.Recalled, l.For, l.Missed, l.States}
}

// apiList gives the messages, newest first.
func (p *Part) apiList(r *web.Request) (any, error) {
	list, next, err := p.post.Letters(r.Context(), r.Query("about"), r.Query("after"), 100)
	out := []letterJSON{}
	for _, l := range list {
		out = append(out, letterOf(l))
	}
	return map[string]any{"notices": out, "next": next}, err
}

// lineJSON is a delivery without name and address.
type lineJSON struct {
	ID       string       `json:"id"`
	Contact  string       `json:"contact"`
	Unit     string       `json:"unit"`
	Level    int          `json:"level"`
	Channel  string       `json:"channel"`
	State    notice.State `json:"state"`
	Recorded bool         `json:"recorded,omitempty"`
	Told     time.Time    `json:"told,omitzero"`
	Answered time.Time    `json:"answered,omitzero"`
	Reason   string       `json:"reason,omitempty"`
}

// apiOne gives a message with its deliveries.
func (p *Part) apiOne(r *web.Request) (any, error) {
	l, err := p.post.Letter(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	list, next, err := p.post.LinesOf(r.Context(), l.ID, notice.State(r.Query("state")), r.Query("after"), 1000)
	out := []lineJSON{}
	for _, x := range list {
		out = append(out, lineJSON{x.ID, x.Contact.ID, x.Contact.Unit, x.Level, x.Delivery.Channel, x.State, x.Recorded, x.ToldAt, x.AnswerAt, x.Reason})
	}
	return map[string]any{"notice": letterOf(l), "deliveries": out, "next": next}, err
}
