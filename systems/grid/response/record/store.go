package record

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/response/baseline"
)

const (
	programmeColumns   = `code, name, method, silence, least, most, state, made, changed`
	participantColumns = `code, name, kind, programme, capacity, notice, events, hours, price, state, made, changed, claim`
	eventColumns       = `id, programme, name, target, districts, feeders, begins, ends, state, reason, made_by, made, approver, approved, settled, changed`
	callColumns        = `event, participant, kw, price, expected, meters, told, seen, answered, answer, answerer`
	resultColumns      = `event, run, participant, method, baseline, measured, reduced, rate, paid, fen, lift, estimated, missing, answer, made, made_by, reason`
)

// The queries, by what they read or write.
var (
	QProgrammePut = store.Q("grid_response_programme_put", `INSERT INTO grid_response_programme (`+programmeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, method = excluded.method, silence = excluded.silence, least = excluded.least, most = excluded.most, state = excluded.state, changed = excluded.changed`)
	QProgrammes = store.Q("grid_response_programmes", `SELECT `+programmeColumns+` FROM grid_response_programme ORDER BY code`)

	QParticipantPut = store.Q("grid_response_participant_put", `INSERT INTO grid_response_participant (`+participantColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, programme = excluded.programme, capacity = excluded.capacity, notice = excluded.notice, events = excluded.events, hours = excluded.hours, price = excluded.price, state = excluded.state, changed = excluded.changed, claim = excluded.Claim`)
	QParticipants = store.Q("grid_response_participants", `SELECT `+participantColumns+` FROM grid_response_participant WHERE ($1 = '' OR programme = $1) AND ($2 = '' OR state = $2) AND code > $3 ORDER BY code LIMIT $4`)
	QParticipant  = store.Q("grid_response_participant_get", `SELECT `+participantColumns+` FROM grid_response_participant WHERE code = $1`)
	QClaimed      = store.Q("grid_response_participant_claim", `SELECT `+participantColumns+` FROM grid_response_participant WHERE claim = $1 AND claim <> ''`)
	QMeters       = store.Q("grid_response_meters", `SELECT num FROM grid_response_meter WHERE participant = $1 ORDER BY num`)
	QMeterOf      = store.Q("grid_response_meter_of", `SELECT participant FROM grid_response_meter WHERE num = $1`)
	QMeterPut     = store.Q("grid_response_meter_put", `INSERT INTO grid_response_meter (num, participant) VALUES ($1, $2)`)
	QMeterCut     = store.Q("grid_response_meter_cut", `DELETE FROM grid_response_meter WHERE participant = $1`)
	QAccountPut   = store.Q("grid_response_account_put", `INSERT INTO grid_response_account (account, participant, since) VALUES ($1, $2, $3) ON CONFLICT (account) DO UPDATE SET participant = excluded.participant, since = excluded.since`)
	QAccountOf    = store.Q("grid_response_account_of", `SELECT participant FROM grid_response_account WHERE account = $1`)
	QAccounts     = store.Q("grid_response_accounts", `SELECT account FROM grid_response_account WHERE participant = $1 ORDER BY since, account`)

	QEventPut = store.Q("grid_response_event_put", `INSERT INTO grid_response_event (`+eventColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = excluded.reason, approver = excluded.approver, approved = excluded.approved, settled = excluded.settled, changed = excluded.changed`)
	QEvent     = store.Q("grid_response_event_get", `SELECT `+eventColumns+` FROM grid_response_event WHERE id = $1`)
	QEvents    = store.Q("grid_response_events", `SELECT `+eventColumns+` FROM grid_response_event WHERE ($1 = '' OR state = $1) AND ($2 = '' OR programme = $2) AND ($3 = '' OR begins < $4 OR begins = $4 AND id < $3) ORDER BY begins DESC, id DESC LIMIT $5`)
	QEventsAll = store.Q("grid_response_events_count", `SELECT COUNT(*) FROM grid_response_event WHERE ($1 = '' OR state = $1) AND ($2 = '' OR programme = $2)`)
	QDue       = store.Q("grid_response_events_due", `SELECT `+eventColumns+` FROM grid_response_event WHERE state = 'draft' AND begins <= $1 OR state = 'notified' AND begins <= $1 OR state = 'running' AND ends <= $1`)
	QBetween   = store.Q("grid_response_events_between", `SELECT `+eventColumns+` FROM grid_response_event WHERE begins < $2 AND ends > $1 AND state <> 'draft' AND state <> 'cancelled' ORDER BY begins, id`)

	QCallPut = store.Q("grid_response_call_put", `INSERT INTO grid_response_call (`+callColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (event, participant) DO UPDATE SET meters = excluded.meters, told = excluded.told, seen = excluded.seen, answered = excluded.answered, answer = excluded.answer, answerer = excluded.answerer`)
	QCalls = store.Q("grid_response_calls", `SELECT `+callColumns+` FROM grid_response_call WHERE event = $1 ORDER BY participant`)
	// QCallsOf are a participant's calls that were told, with their events, the newest first.
	QCallsOf = store.Q("grid_response_calls_of", `SELECT c.event, c.participant, c.kw, c.price, c.expected, c.meters, c.told, c.seen, c.answered, c.answer, c.answerer
FROM grid_response_call c JOIN grid_response_event e ON e.id = c.event WHERE c.participant = $1 AND c.told <> 0 ORDER BY e.begins DESC, e.id DESC LIMIT $2`)
	// QUsed counts how often and how long a participant was called from a time on; cancelled events do not count.
	QUsed = store.Q("grid_response_used", `SELECT COUNT(*), CAST(COALESCE(SUM(e.ends - e.begins), 0) AS BIGINT) FROM grid_response_call c JOIN grid_response_event e ON e.id = c.event
WHERE c.participant = $1 AND c.told <> 0 AND c.answer <> 'out' AND e.state <> 'cancelled' AND e.begins >= $2`)
	// QBusy are the days on which a participant took part: they are no days for a baseline.
	QBusy = store.Q("grid_response_busy", `SELECT e.begins FROM grid_response_call c JOIN grid_response_event e ON e.id = c.event
WHERE c.participant = $1 AND c.told <> 0 AND c.answer <> 'out' AND e.state <> 'cancelled' AND e.begins >= $2 AND e.begins < $3`)

	QResultAdd = store.Q("grid_response_result_add", `INSERT INTO grid_response_result (`+resultColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`)
	QResults   = store.Q("grid_response_results", `SELECT `+resultColumns+` FROM grid_response_result WHERE event = $1 ORDER BY run, participant`)
	// QRates are the rates of a participant's newest settlements.
	QRates = store.Q("grid_response_rates", `SELECT r.rate FROM grid_response_result r WHERE r.participant = $1 AND r.answer <> 'out'
AND r.run = (SELECT MAX(s.run) FROM grid_response_result s WHERE s.event = r.event) ORDER BY r.event DESC LIMIT 10`)

	QReportAdd = store.Q("grid_response_report_add", `INSERT INTO grid_response_report (id, event, participant, at, body) VALUES ($1, $2, $3, $4, $5)`)
	QReports   = store.Q("grid_response_reports", `SELECT id, event, participant, at, body FROM grid_response_report WHERE ($1 = '' OR event = $1) AND ($2 = '' OR participant = $2) ORDER BY id DESC LIMIT $3`)
)

// Programme is what participants sign up for.
type Programme struct {
	Code          string          `json:"code"`
	Name          string          `json:"name"`
	Method        baseline.Method `json:"method"`
	Silence       string          `json:"silence"`           // "in" or "out": what no answer means
	Least         int64           `json:"leastRatePermille"` // below it nothing is paid
	Most          int64           `json:"mostPaidPermille"`  // of the commitment
	State         string          `json:"state"`             // "open", "closed"
	Made, Changed time.Time       `json:"-"`
}

// Participant is an enterprise or an aggregator with its contract.
type Participant struct {
	Code          string    `json:"code"`
	Name          string    `json:"name"`
	Kind          string    `json:"kind"` // "enterprise", "aggregator"
	Programme     string    `json:"programme"`
	Capacity      int64     `json:"capacityKW"`
	Notice        int64     `json:"noticeMinutes"`
	Events        int64     `json:"maxEventsPerYear"`
	Hours         int64     `json:"maxHoursPerYear"`
	Price         int64     `json:"priceFenPerKWh"`
	State         string    `json:"state"` // "open", "closed"
	Made, Changed time.Time `json:"-"`
	Claim         string    `json:"-"` // hash of the code with which an account makes itself known; "" where none waits
}

// State is how far an event is.
type State string

// The states of an event.
const (
	Draft     State = "draft"
	Notified  State = "notified" // approved by a second person, and told
	Running   State = "running"
	Finished  State = "finished"
	Settled   State = "settled"
	Cancelled State = "cancelled"
)

// Event is one request to use less. Districts and Feeders bound the area; both empty: the city.
type Event struct {
	ID        string    `json:"id"`
	Programme string    `json:"programme"`
	Name      string    `json:"name"`
	Target    int64     `json:"targetKW"`
	Districts []string  `json:"districts,omitempty"`
	Feeders   []string  `json:"feeders,omitempty"`
	Begins    time.Time `json:"begins"`
	Ends      time.Time `json:"ends"`
	State     State     `json:"state"`
	Reason    string    `json:"reason,omitempty"` // of a cancellation
	MadeBy    string    `json:"-"`
	Made      time.Time `json:"madeAt"`
	Approver  string    `json:"-"`
	Approved  time.Time `json:"approvedAt,omitzero"`
	Settled   time.Time `json:"settledAt,omitzero"`
	Changed   time.Time `json:"changedAt"`
}

// Call is a participant in an event.
type Call struct {
	Event, Participant   string
	KW, Price, Expected  int64
	Meters               []int64
	Told, Seen, Answered time.Time
	Answer               string // "", "in", "out"
	Answerer             string
}

// Result is what a settlement says of a participant. Energies in 0.0001 kWh.
type Result struct {
	Event       string          `json:"-"`
	Run         int64           `json:"run"`
	Participant string          `json:"participant"`
	Method      baseline.Method `json:"method"` // "" where the days make no baseline
	Baseline    int64           `json:"baseline"`
	Measured    int64           `json:"measured"`
	Reduced     int64           `json:"reduced"`
	Rate        int64           `json:"ratePermille"`
	Paid        int64           `json:"paidEnergy"`
	Fen         int64           `json:"fen"`
	Lift        int64           `json:"liftPermille"`
	Estimated   int64           `json:"estimatedQuarters"`
	Missing     int64           `json:"missingQuarters"`
	Answer      string          `json:"answer"`
	Made        time.Time       `json:"madeAt"`
	MadeBy      string          `json:"-"`
	Reason      string          `json:"reason,omitempty"`
}

// Micros is a moment as the tables keep it; 0 for none.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return store.Micros(t)
}

// Moment reads what Micros gave.
func Moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return store.Time(us)
}

// PutProgramme writes a programme.
func PutProgramme(tx *store.Tx, p Programme) error {
	_, err := tx.Exec(QProgrammePut, p.Code, p.Name, string(p.Method), p.Silence, p.Least, p.Most, p.State, Micros(p.Made), Micros(p.Changed))
	return err
}

// Programmes reads all programmes, by code.
func Programmes(tx *store.Tx) (out []Programme, err error) {
	err = tx.Each(QProgrammes, nil, func(scan func(...any) error) error {
		var p Programme
		var method string
		var made, changed int64
		err := scan(&p.Code, &p.Name, &method, &p.Silence, &p.Least, &p.Most, &p.State, &made, &changed)
		p.Method, p.Made, p.Changed = baseline.Method(method), Moment(made), Moment(changed)
		out = append(out, p)
		return err
	})
	return out, err
}

// PutParticipant writes a participant without the meters.
func PutParticipant(tx *store.Tx, p Participant) error {
	_, err := tx.Exec(QParticipantPut, p.Code, p.Name, p.Kind, p.Programme, p.Capacity, p.Notice, p.Events, p.Hours, p.Price, p.State, Micros(p.Made), Micros(p.Changed), p.Claim)
	return err
}

// Participants reads the participants of a query.
func Participants(tx *store.Tx, q store.Stmt, args ...any) (out []Participant, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var p Participant
		var made, changed int64
		err := scan(&p.Code, &p.Name, &p.Kind, &p.Programme, &p.Capacity, &p.Notice, &p.Events, &p.Hours, &p.Price, &p.State, &made, &changed, &p.Claim)
		p.Made, p.Changed = Moment(made), Moment(changed)
		out = append(out, p)
		return err
	})
	return out, err
}

// OneParticipant reads a participant by code.
func OneParticipant(tx *store.Tx, code string) (Participant, error) {
	all, err := Participants(tx, QParticipant, code)
	if err == nil && len(all) == 0 {
		err = errs.Say(errs.NotFound, "没有“%s”这一参与主体", "there is no participant %q", code)
	}
	if err != nil {
		return Participant{}, err
	}
	return all[0], nil
}

// Numbers reads a query of one column of numbers.
func Numbers(tx *store.Tx, q store.Stmt, args ...any) (out []int64, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		out = append(out, n)
		return err
	})
	return out, err
}

// Texts reads a query of one column of texts.
func Texts(tx *store.Tx, q store.Stmt, args ...any) (out []string, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		out = append(out, s)
		return err
	})
	return out, err
}

// PutEvent writes an event.
func PutEvent(tx *store.Tx, e Event) error {
	_, err := tx.Exec(QEventPut, e.ID, e.Programme, e.Name, e.Target, strings.Join(e.Districts, " "), strings.Join(e.Feeders, " "), Micros(e.Begins), Micros(e.Ends), string(e.State), e.Reason, e.MadeBy, Micros(e.Made), e.Approver, Micros(e.Approved), Micros(e.Settled), Micros(e.Changed))
	return err
}

// Events reads the events of a query.
func Events(tx *store.Tx, q store.Stmt, args ...any) (out []Event, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var e Event
		var districts, feeders, state string
		var begins, ends, made, approved, settled, changed int64
		err := scan(&e.ID, &e.Programme, &e.Name, &e.Target, &districts, &feeders, &begins, &ends, &state, &e.Reason, &e.MadeBy, &made, &e.Approver, &approved, &settled, &changed)
		e.Districts, e.Feeders, e.State = strings.Fields(districts), strings.Fields(feeders), State(state)
		e.Begins, e.Ends, e.Made, e.Approved, e.Settled, e.Changed = Moment(begins), Moment(ends), Moment(made), Moment(approved), Moment(settled), Moment(changed)
		out = append(out, e)
		return err
	})
	return out, err
}

// OneEvent reads an event by id.
func OneEvent(tx *store.Tx, id string) (Event, error) {
	all, err := Events(tx, QEvent, id)
	if err == nil && len(all) == 0 {
		err = errs.Say(errs.NotFound, "没有这次响应事件", "there is no such event")
	}
	if err != nil {
		return Event{}, err
	}
	return all[0], nil
}

// PutCall writes a participant's part in an event.
func PutCall(tx *store.Tx, c Call) error {
	var b strings.Builder
	for i, n := range c.Meters {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.FormatInt(n, 10))
	}
	_, err := tx.Exec(QCallPut, c.Event, c.Participant, c.KW, c.Price, c.Expected, b.String(), Micros(c.Told), Micros(c.Seen), Micros(c.Answered), c.Answer, c.Answerer)
	return err
}

// Calls reads the calls of a query.
func Calls(tx *store.Tx, q store.Stmt, args ...any) (out []Call, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var c Call
		var meters string
		var told, seen, answered int64
		if err := scan(&c.Event, &c.Participant, &c.KW, &c.Price, &c.Expected, &meters, &told, &seen, &answered, &c.Answer, &c.Answerer); err != nil {
			return err
		}
		c.Told, c.Seen, c.Answered = Moment(told), Moment(seen), Moment(answered)
		for _, s := range strings.Fields(meters) {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return errs.Wrap("read the meters of a call", err)
			}
			c.Meters = append(c.Meters, n)
		}
		out = append(out, c)
		return nil
	})
	return out, err
}

// AddResult adds what a settlement says of a participant.
func AddResult(tx *store.Tx, r Result) error {
	_, err := tx.Exec(QResultAdd, r.Event, r.Run, r.Participant, string(r.Method), r.Baseline, r.Measured, r.Reduced, r.Rate, r.Paid, r.Fen, r.Lift, r.Estimated, r.Missing, r.Answer, Micros(r.Made), r.MadeBy, r.Reason)
	return err
}

// Results reads all settlements of an event.
func Results(tx *store.Tx, event string) (out []Result, err error) {
	err = tx.Each(QResults, []any{event}, func(scan func(...any) error) error {
		var r Result
		var method string
		var made int64
		err := scan(&r.Event, &r.Run, &r.Participant, &method, &r.Baseline, &r.Measured, &r.Reduced, &r.Rate, &r.Paid, &r.Fen, &r.Lift, &r.Estimated, &r.Missing, &r.Answer, &made, &r.MadeBy, &r.Reason)
		r.Method, r.Made = baseline.Method(method), Moment(made)
		out = append(out, r)
		return err
	})
	return out, err
}

// Read runs a function in a reading transaction.
func Read[T any](ctx context.Context, db *store.DB, fn func(tx *store.Tx) (T, error)) (out T, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		out, err = fn(tx)
		return err
	})
	return out, err
}
