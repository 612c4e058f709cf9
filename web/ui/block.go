// Package ui is the one place that knows HTML. Systems describe pages with the typed values of this file; templ components draw them.
package ui

import (
	"time"

	"github.com/haihe-city/haihe/lang"
)

// Page is everything a system says about one screen; the shell draws the rest. Paths (Href) are written below the language
// prefix: "/grid/meters"; a path that starts with "/api/" or "/assets/", or is a standard's own binding, is left as it is.
type Page struct {
	Title   lang.Text
	Crumbs  []Link
	Nav     string    // id of the active navigation item
	Clause  lang.Text // the plan's clause that this page answers
	Lead    lang.Text
	Tabs    []Tab
	Within  []Tab // pages of the current tab, where it has several
	Actions []Action
	Live    string // topic of the page's event stream; "" where nothing moves
	Wide    string // where a screen on a wall goes back to; such a page has no navigation. "" for a page as usual
	Body    []Block
}

// Link is a text that leads somewhere.
type Link struct {
	Text lang.Text
	Href string
}

// Tab is one of a system's pages. Else are the other pages below it, for readers to whom Href is closed.
type Tab struct {
	Text    lang.Text
	Href    string
	Current bool
	Else    []string
}

// Action is a button of a page. With Post it submits (CSRF token added), after Confirm where that is not empty.
type Action struct {
	Text    lang.Text
	Href    string
	Primary bool
	Post    bool
	Confirm lang.Text
	Fields  map[string]string // hidden fields of a Post
}

// Block is a part of a page.
type Block interface{ block() }

// Status is one of five, drawn as shape, colour and word.
type Status int

// The statuses.
const (
	StatusNone Status = iota // not connected, not measured, unknown
	StatusBehind
	StatusRisk
	StatusOn
	StatusMet
)

// Tag is a status with words of its own; Text empty takes the status's word.
type Tag struct {
	Status Status
	Text   lang.Text
}

// Gauge is the water gauge: the level measured, a tick where it should stand today. 0..1; Expected < 0 draws no tick.
type Gauge struct {
	Part, Expected float64
	Status         Status
}

// Tile is a key figure. Every figure carries unit, time and source.
type Tile struct {
	ID     string // DOM id, for live updates
	Name   lang.Text
	Value  string // already grouped: ui.Num; "—" where there is none
	Unit   lang.Text
	Note   lang.Text // "goal 100 %"
	Gap    string    // "+31.9", signed, against the due pace; "" none
	Gauge  *Gauge
	Href   string
	At     time.Time // zero: not shown
	Source lang.Text
}

// Tiles is a row of key figures.
type Tiles struct {
	ID    string
	Title lang.Text // for screen readers
	Items []Tile
}

// Panel frames blocks with a heading.
type Panel struct {
	ID    string
	Title lang.Text
	Value string // a figure at the right of the heading
	Unit  lang.Text
	More  *Link
	Body  []Block
}

// Columns sets blocks side by side (stacked on a phone). Wide is the index of the column that is twice as wide; -1 for equal.
type Columns struct {
	Wide int
	Cols [][]Block
}

// Table is a list. Sorting, filtering and paging are done by the server: the component writes links that keep the query.
type Table struct {
	ID      string
	Title   lang.Text
	Note    lang.Text
	Columns []Column
	Rows    []Row
	Total   int64  // exact; -1 where it is not counted
	Next    string // cursor of the next page, "" at the end (query parameter "after")
	Paged   bool   // this is not the first page: a link back to the first is shown
	Sort    string // the column sorted by, "-" before it for descending (query parameter "sort")
	Search  *Field // query parameter as its Name
	Filters []Field
	Exports []Link // "CSV", …
	Empty   lang.Text
	Post    *BulkAction       // rows are selectable where this is set
	Path    string            // path of this page, for the links
	Query   map[string]string // query parameters to keep
}

// BulkAction acts on the rows that were ticked (form field "id", repeated), or on all matches (field "all" = "1").
type BulkAction struct {
	Text    lang.Text
	Href    string
	Confirm lang.Text
	All     bool // offer "all that match"
}

// Column heads a column.
type Column struct {
	Key      string
	Text     lang.Text
	Num      bool // right-aligned, tabular figures
	Sortable bool
}

// Row is a line of a table.
type Row struct {
	ID    string // DOM id and the value of its tick box
	Cells []Cell
}

// Cell is a cell; what is set is drawn, in this order: Tag, Spark, Gauge, text.
type Cell struct {
	Text   lang.Text
	Sub    lang.Text
	Href   string
	Strong bool
	Tag    *Tag
	Spark  []float64
	Gauge  *Gauge
	Time   time.Time // drawn in Asia/Shanghai, machine-readable
}

// Field is an input of a form, a filter or a search.
type Field struct {
	Name         string
	Label        lang.Text
	Help         lang.Text
	Kind         string // text, number, date, password, textarea, select, checkbox, file, hidden, search; group heads the tick boxes after it
	Value        string
	Options      []Option
	Required     bool
	Error        lang.Text
	Placeholder  lang.Text
	Autocomplete string
}

// Option is a choice of a select.
type Option struct {
	Value string
	Text  lang.Text
}

// Form is a form; the CSRF token is added. Error is said at its head, with links to the fields that are wrong.
type Form struct {
	ID     string
	Title  lang.Text
	Action string
	Fields []Field
	Submit lang.Text
	Error  lang.Text
	Cancel *Link
}

// Facts is a list of names and values.
type Facts struct {
	ID    string
	Title lang.Text
	Items []Fact
}

// Fact is one name with its value.
type Fact struct {
	Name  lang.Text
	Value lang.Text
	Href  string
	Tag   *Tag
	Time  time.Time
}

// Prose is a paragraph.
type Prose struct{ Text lang.Text }

// Code is text that is read and copied letter by letter: a command, a document. It keeps its line breaks.
type Code struct {
	ID    string
	Title lang.Text
	Text  string
}

// Notice says something that must be seen: Kind is info, warn, bad or good.
type Notice struct {
	ID   string
	Kind string
	Text lang.Text
	Link *Link
}

// Line is one line of a chart. Style is now, past or forecast. A NaN is a gap.
type Line struct {
	Name   lang.Text
	Style  string
	Points []float64
}

// Chart is drawn in Go as SVG; with Live it is replaced by uPlot where script runs. The points stand Step apart from From.
type Chart struct {
	ID    string
	Title lang.Text
	Unit  lang.Text
	From  time.Time
	Step  time.Duration
	Lines []Line
	Marks []Mark
}

// Mark is a point in time worth a word on a chart.
type Mark struct {
	At   time.Time
	Text lang.Text
}

// Area is one polygon of the city map: the district's code, its value and the words of its tip.
type Area struct {
	Code  string // region code, six digits
	Value float64
	Class int       // 0..4 of the ramp, -1 no data
	Text  lang.Text // "97.42 %"
	Rows  []Fact
	Href  string
}

// Point is a mark on the map. Kind is plant, alarm1..3, meter or plain.
type Point struct {
	Lon, Lat float64
	Kind     string
	Text     lang.Text
	Href     string
}

// Shape is an area drawn over the map: a ring of longitude and latitude. Kind is grave, harm, cordon or own, the most urgent first.
type Shape struct {
	Ring [][2]float64
	Kind string
	Text lang.Text
}

// Map is the city map: Go-drawn SVG, replaced by MapLibre where WebGL is there. With View it shows that part of the city (west, south,
// east, north) and no more. With Draw, a click adds a corner to the text field of that id, one longitude,latitude a line.
type Map struct {
	ID     string
	Title  lang.Text
	Legend []lang.Text // words of the five classes, lowest first
	Areas  []Area
	Points []Point
	Shapes []Shape
	View   [4]float64
	Draw   string
	Plants bool // show the power plants
	Height int  // pixels; 0 takes the default
}

// Alarm is a line of an alarm list. Level 1 is the most urgent, 3 the least.
type Alarm struct {
	Level int
	Title lang.Text
	Place lang.Text
	State lang.Text
	At    time.Time
	For   time.Duration
	Href  string
}

// Alarms is a list of alarms.
type Alarms struct {
	ID    string
	Title lang.Text
	More  *Link
	Items []Alarm
	Empty lang.Text
}

// Event is a line of a timeline. Kind is "", good, bad or sys.
type Event struct {
	At   time.Time
	Who  lang.Text
	What lang.Text
	Kind string
	Href string
}

// Timeline is a list of events, newest first.
type Timeline struct {
	ID    string
	Title lang.Text
	Items []Event
	Empty lang.Text
	More  *Link
}

// Slot is a quarter hour of a meter's day (or any other short period).
type Slot struct {
	State string // collected, late, estimated, missing, future, invalid
	Text  lang.Text
}

// Slots is a strip of periods: what came, what is missing.
type Slots struct {
	ID    string
	Title lang.Text
	Items []Slot
	Key   []Fact // state (as Slot.State in Name.En) and count
}

// Spans are bars on one axis of time, a line each, with their times in words: a table that shows what lay beside what. A span whose
// To is zero goes on.
type Spans struct {
	ID       string
	Title    lang.Text
	From, To time.Time
	Items    []Stretch
	Empty    lang.Text
	More     *Link
}

// Stretch is one bar.
type Stretch struct {
	Name     lang.Text
	Sub      lang.Text
	Href     string
	From, To time.Time
}

// Feed is a list that grows at the top as events arrive.
type Feed struct {
	ID    string
	Title lang.Text
	Items []FeedItem
}

// FeedItem is a measurement as it arrived.
type FeedItem struct {
	At       time.Time
	Name     lang.Text
	Source   lang.Text
	From, To string
	Href     string
}

// Update replaces (or, with Prepend, grows) a part of an open page. The block's ID says which.
type Update struct {
	Block   Block
	Prepend bool
}

func (Tiles) block()       {}
func (Panel) block()       {}
func (Columns) block()     {}
func (Table) block()       {}
func (Form) block()        {}
func (Facts) block()       {}
func (Prose) block()       {}
func (Code) block()        {}
func (Notice) block()      {}
func (Chart) block()       {}
func (Map) block()         {}
func (Alarms) block()      {}
func (Timeline) block()    {}
func (Slots) block()       {}
func (Spans) block()       {}
func (Feed) block()        {}
func (PlanLead) block()    {}
func (TargetCards) block() {}
func (TargetTable) block() {}
func (Attention) block()   {}
func (Trajectory) block()  {}
