package cap

import (
	"fmt"
	"slices"
	"time"

	"github.com/haihe-city/haihe/wire/cap/tree"
)

const (
	spaceAtom = "http://www.w3.org/2005/Atom"
	spaceDE   = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"
)

// Feed is a list of alerts, or of where they can be had.
type Feed struct {
	ID, Title string // of RSS: the channel's link
	Updated   time.Time
	Entries   []Entry
	Notes     []Fault
}

// Entry is one alert of a feed. Alert is nil where the entry only tells where it is.
type Entry struct {
	ID, Title, Summary string
	Link               string
	Updated            time.Time
	Alert              *Alert
}

// ReadFeed reads an Atom or RSS 2.0 feed of alerts; every alert within is held to the standard, and one that fails makes the feed fail.
func ReadFeed(b []byte) (*Feed, error) {
	d, err := tree.Parse(b)
	if err != nil {
		return nil, broken(err)
	}
	r := &reader{}
	var f *Feed
	switch n := d.Root; {
	case n.Local == "feed" && n.Space == spaceAtom:
		f = r.atom(n)
	case n.Local == "rss" && n.Space == "":
		f = r.rss(n)
	default:
		r.fault(n, n.Local, "", "不是 Atom 或 RSS 源", "this is neither an Atom nor an RSS feed")
	}
	if len(r.faults) > 0 {
		return nil, &Error{r.faults}
	}
	f.Notes = r.notes
	return f, nil
}

var (
	feedParts  = []string{"id", "title", "subtitle", "updated", "author", "contributor", "category", "generator", "icon", "link", "logo", "rights", "entry"}
	entryParts = []string{"id", "title", "updated", "published", "author", "contributor", "category", "link", "content", "summary", "rights", "source"}
)

// parts holds an Atom element to what may stand in it and what must stand in it once. RFC 4287 4.1.1 and 4.1.2; elements of other
// namespaces are nobody's business (RFC 4287 6.4).
func (r *reader) parts(n *tree.Node, path string, known []string) {
	count := map[string]int{}
	for _, k := range n.Elements() {
		if k.Space != spaceAtom {
			continue
		}
		if !slices.Contains(known, k.Local) {
			r.fault(k, path+"/"+k.Local, "", "Atom 没有此元素", "Atom has no such element")
		}
		count[k.Local]++
	}
	for _, m := range []string{"id", "title", "updated"} {
		if count[m] != 1 {
			r.fault(n, path+"/"+m, "", "应有且只有一个", "there must be one, and one only")
		}
	}
}

func (r *reader) atom(n *tree.Node) *Feed {
	r.parts(n, "feed", feedParts)
	f := &Feed{ID: r.inner(n, "id"), Title: r.inner(n, "title"), Updated: r.when(n, "feed/updated")}
	if n.Child("author") == nil {
		r.note(n, "feed/author", "", "没有作者", "no author is named")
	}
	i := 0
	for _, k := range n.Elements() {
		if k.Space == spaceAtom && k.Local == "entry" {
			i++
			f.Entries = append(f.Entries, r.entry(k, fmt.Sprintf("feed/entry[%d]", i)))
		}
	}
	return f
}

func (r *reader) entry(n *tree.Node, path string) (e Entry) {
	r.parts(n, path, entryParts)
	e = Entry{ID: r.inner(n, "id"), Title: r.inner(n, "title"), Summary: r.inner(n, "summary"), Updated: r.when(n, path+"/updated")}
	filled := false
	for _, k := range n.Elements() {
		switch {
		case k.Space == spaceAtom && k.Local == "link" && e.Link == "":
			for _, a := range k.Attrs {
				if a.Local == "href" {
					e.Link = a.Value
				}
			}
		case k.Space == spaceAtom && k.Local == "content":
			v, _ := k.Value()
			filled = filled || v != "" || len(k.Elements()) > 0
			for _, x := range k.Elements() {
				e.Alert = r.inside(x, path+"/content/", e.Alert)
			}
		}
	}
	if !filled && e.Link == "" { // RFC 4287 4.1.2: without content there must be a link
		r.fault(n, path+"/link", "", "条目既无内容也无链接", "the entry has neither content nor a link")
	}
	return e
}

// inside reads an alert within another document; its faults are those of the whole.
func (r *reader) inside(n *tree.Node, path string, had *Alert) *Alert {
	if n.Local != "alert" || n.Space != Space12 && n.Space != Space11 {
		return had
	}
	a, err := readNode(n)
	if e, ok := err.(*Error); ok {
		for _, f := range e.Faults {
			f.Path = path + f.Path
			r.faults = append(r.faults, f)
		}
		return had
	}
	for _, f := range a.Notes {
		f.Path = path + f.Path
		r.notes = append(r.notes, f)
	}
	return a
}

func (r *reader) inner(n *tree.Node, name string) string {
	if k := n.Child(name); k != nil {
		v, _ := k.Value()
		return v
	}
	return ""
}

// when reads a time of Atom, which takes Z and fractions (RFC 3339).
func (r *reader) when(n *tree.Node, path string) time.Time {
	k := n.Child("updated")
	if k == nil {
		return time.Time{}
	}
	v, _ := k.Value()
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		r.fault(k, path, "", "时间格式不符", "this is no date and time")
	}
	return t
}

// rss reads what RSS 2.0 demands: a channel with title, link and description, items with title or description.
func (r *reader) rss(n *tree.Node) *Feed {
	c := n.Child("channel")
	if c == nil {
		r.fault(n, "rss/channel", "", "缺少 channel", "there is no channel")
		return nil
	}
	for _, m := range []string{"title", "link", "description"} {
		if c.Child(m) == nil {
			r.fault(c, "rss/channel/"+m, "", "缺少必填元素", "a required element is missing")
		}
	}
	f := &Feed{ID: r.inner(c, "link"), Title: r.inner(c, "title")}
	f.Updated, _ = time.Parse(time.RFC1123, r.inner(c, "lastBuildDate")) // optional, and of many forms
	i := 0
	for _, k := range c.Elements() {
		if k.Local != "item" {
			continue
		}
		i++
		e := Entry{ID: r.inner(k, "guid"), Title: r.inner(k, "title"), Summary: r.inner(k, "description"), Link: r.inner(k, "link")}
		e.Updated, _ = time.Parse(time.RFC1123, r.inner(k, "pubDate"))
		if e.Title == "" && e.Summary == "" {
			r.fault(k, fmt.Sprintf("rss/channel/item[%d]", i), "", "条目既无标题也无描述", "the item has neither title nor description")
		}
		for _, x := range k.Elements() {
			e.Alert = r.inside(x, fmt.Sprintf("rss/channel/item[%d]/", i), e.Alert)
		}
		f.Entries = append(f.Entries, e)
	}
	return f
}

// ReadDistribution reads the alerts that an EDXL-DE 1.0 distribution carries.
func ReadDistribution(b []byte) ([]*Alert, error) {
	d, err := tree.Parse(b)
	if err != nil {
		return nil, broken(err)
	}
	r, n := &reader{}, d.Root
	if n.Local != "EDXLDistribution" || n.Space != spaceDE {
		r.fault(n, n.Local, "", "不是 EDXL-DE 1.0 分发包", "this is no EDXL-DE 1.0 distribution")
		return nil, &Error{r.faults}
	}
	for _, m := range []string{"distributionID", "senderID", "dateTimeSent", "distributionStatus", "distributionType", "combinedConfidentiality"} {
		if r.inner(n, m) == "" {
			r.fault(n, "EDXLDistribution/"+m, "", "缺少必填元素", "a required element is missing")
		}
	}
	var out []*Alert
	i := 0
	for _, k := range n.Elements() {
		if k.Local != "contentObject" || k.Space != spaceDE {
			continue
		}
		i++
		if x := k.Child("xmlContent"); x != nil {
			for _, e := range x.Elements() {
				for _, y := range e.Elements() {
					if a := r.inside(y, fmt.Sprintf("EDXLDistribution/contentObject[%d]/", i), nil); a != nil {
						out = append(out, a)
					}
				}
			}
		}
	}
	if len(r.faults) > 0 {
		return nil, &Error{r.faults}
	}
	return out, nil
}
