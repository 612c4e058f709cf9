package response

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

var (
	qProgrammePut = store.Q("grid_response_programme_put", `INSERT INTO grid_response_programme (`+programmeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, method = excluded.method, silence = excluded.silence, least = excluded.least, most = excluded.most, state = excluded.state, changed = excluded.changed`)
	qProgrammes = store.Q("grid_response_programmes", `SELECT `+programmeColumns+` FROM grid_response_programme ORDER BY code`)

	qParticipantPut = store.Q("grid_response_participant_put", `INSERT INTO grid_response_participant (`+participantColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, programme = excluded.programme, capacity = excluded.capacity, notice = excluded.notice, events = excluded.events, hours = excluded.hours, price = excluded.price, state = excluded.state, changed = excluded.changed, claim = excluded.claim`)
	qParticipants = store.Q("grid_response_participants", `SELECT `+participantColumns+` FROM grid_response_participant WHERE ($1 = '' OR programme = $1) AND ($2 = '' OR state = $2) AND code > $3 ORDER BY code LIMIT $4`)
	qParticipant  = store.Q("grid_response_participant_get", `SELECT `+participantColumns+` FROM grid_response_participant WHERE code = $1`)
	qClaimed      = store.Q("grid_response_participant_claim", `SELECT `+participantColumns+` FROM grid_response_participant WHERE claim = $1 AND claim <> ''`)
	qMeters       = store.Q("grid_response_meters", `SELECT num FROM grid_response_meter WHERE participant = $1 ORDER BY num`)
	qMeterOf      = store.Q("grid_response_meter_of", `SELECT participant FROM grid_response_meter WHERE num = $1`)
	qMeterPut     = store.Q("grid_response_meter_put", `INSERT INTO grid_response_meter (num, participant) VALUES ($1, $2)`)
	qMeterCut     = store.Q("grid_response_meter_cut", `DELETE FROM grid_response_meter WHERE participant = $1`)
	qAccountPut   = store.Q("grid_response_account_put", `INSERT INTO grid_response_account (account, participant, since) VALUES ($1, $2, $3) ON CONFLICT (account) DO UPDATE SET participant = excluded.participant, since = excluded.since`)
	qAccountOf    = store.Q("grid_response_account_of", `SELECT participant FROM grid_response_account WHERE account = $1`)
	qAccounts     = store.Q("grid_response_accounts", `SELECT account FROM grid_response_account WHERE participant = $1 ORDER BY since, account`)

	qEventPut = store.Q("grid_response_event_put", `INSERT INTO grid_response_event (`+eventColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = excluded.reason, approver = excluded.approver, approved = excluded.approved, settled = excluded.settled, changed = excluded.changed`)
	qEvent     = store.Q("grid_response_event_get", `SELECT `+eventColumns+` FROM grid_response_event WHERE id = $1`)
	qEvents    = store.Q("grid_response_events", `SELECT `+eventColumns+` FROM grid_response_event WHERE ($1 = '' OR state = $1) AND ($2 = '' OR programme = $2) AND ($3 = '' OR begins < $4 OR begins = $4 AND id < $3) ORDER BY begins DESC, id DESC LIMIT $5`)
	qEventsAll = store.Q("grid_response_events_count", `SELECT COUNT(*) FROM grid_response_event WHERE ($1 = '' OR state = $1) AND ($2 = '' OR programme = $2)`)
	qDue       = store.Q("grid_response_events_due", `SELECT `+eventColumns+` FROM grid_response_event WHERE state = 'draft' AND begins <= $1 OR state = 'notified' AND begins <= $1 OR state = 'running' AND ends <= $1`)
	qBetween   = store.Q("grid_response_events_between", `SELECT `+eventColumns+` FROM grid_response_event WHERE begins < $2 AND ends > $1 AND state <> 'draft' AND state <> 'cancelled' ORDER BY begins, id`)

	qCallPut = store.Q("grid_response_call_put", `INSERT INTO grid_response_call (`+callColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (event, participant) DO UPDATE SET meters = excluded.meters, told = excluded.told, seen = excluded.seen, answered = excluded.answered, answer = excluded.answer, answerer = excluded.answerer`)
	qCalls = store.Q("grid_response_calls", `SELECT `+callColumns+` FROM grid_response_call WHERE event = $1 ORDER BY participant`)
	// qCallsOf are a participant's calls that were told, with their events, the newest first.
	qCallsOf = store.Q("grid_response_calls_of", `SELECT c.event, c.participant, c.kw, c.price, c.expected, c.meters, c.told, c.seen, c.answered, c.answer, c.answerer
FROM grid_response_call c JOIN grid_response_event e ON e.id = c.event WHERE c.participant = $1 AND c.told <> 0 ORDER BY e.begins DESC, e.id DESC LIMIT $2`)
	// qUsed counts how often and how long a participant was called from a time on; cancelled events do not count.
	qUsed = store.Q("grid_response_used", `SELECT COUNT(*), CAST(COALESCE(SUM(e.ends - e.begins), 0) AS BIGINT) FROM grid_response_call c JOIN grid_response_event e ON e.id = c.event
WHERE c.participant = $1 AND c.told <> 0 AND c.answer <> 'out' AND e.state <> 'cancelled' AND e.begins >= $2`)
	// qBusy are the days on which a participant took part: they are no days for a baseline.
	qBusy = store.Q("grid_response_busy", `SELECT e.begins FROM grid_response_call c JOIN grid_response_event e ON e.id = c.event
WHERE c.participant = $1 AND c.told <> 0 AND c.answer <> 'out' AND e.state <> 'cancelled' AND e.begins >= $2 AND e.begins < $3`)

	qResultAdd = store.Q("grid_response_result_add", `INSERT INTO grid_response_result (`+resultColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`)
	qResults   = store.Q("grid_response_results", `SELECT `+resultColumns+` FROM grid_response_result WHERE event = $1 ORDER BY run, participant`)
	// qRates are the rates of a participant's newest settlements.
	qRates = store.Q("grid_response_rates", `SELECT r.rate FROM grid_response_result r WHERE r.participant = $1 AND r.answer <> 'out'
AND r.run = (SELECT MAX(s.run) FROM grid_response_result s WHERE s.event = r.event) ORDER BY r.event DESC LIMIT 10`)

	qReportAdd = store.Q("grid_response_report_add", `INSERT INTO grid_response_report (id, event, participant, at, body) VALUES ($1, $2, $3, $4, $5)`)
	qReports   = store.Q("grid_response_reports", `SELECT id, event, participant, at, body FROM grid_response_report WHERE ($1 = '' OR event = $1) AND ($2 = '' OR participant = $2) ORDER BY id DESC LIMIT $3`)
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
	claim         string    // hash of the code with which an account makes itself known; "" where none waits
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

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return store.Micros(t)
}

func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return store.Time(us)
}

func putProgramme(tx *store.Tx, p Programme) error {
	_, err := tx.Exec(qProgrammePut, p.Code, p.Name, string(p.Method), p.Silence, p.Least, p.Most, p.State, micros(p.Made), micros(p.Changed))
	return err
}

func programmes(tx *store.Tx) (out []Programme, err error) {
	err = tx.Each(qProgrammes, nil, func(scan func(...any) error) error {
		var p Programme
		var method string
		var made, changed int64
		err := scan(&p.Code, &p.Name, &method, &p.Silence, &p.Least, &p.Most, &p.State, &made, &changed)
		p.Method, p.Made, p.Changed = baseline.Method(method), moment(made), moment(changed)
		out = append(out, p)
		return err
	})
	return out, err
}

func putParticipant(tx *store.Tx, p Participant) error {
	_, err := tx.Exec(qParticipantPut, p.Code, p.Name, p.Kind, p.Programme, p.Capacity, p.Notice, p.Events, p.Hours, p.Price, p.State, micros(p.Made), micros(p.Changed), p.claim)
	return err
}

func participants(tx *store.Tx, q store.Stmt, args ...any) (out []Participant, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var p Participant
		var made, changed int64
		err := scan(&p.Code, &p.Name, &p.Kind, &p.Programme, &p.Capacity, &p.Notice, &p.Events, &p.Hours, &p.Price, &p.State, &made, &changed, &p.claim)
		p.Made, p.Changed = moment(made), moment(changed)
		out = append(out, p)
		return err
	})
	return out, err
}

func participant(tx *store.Tx, code string) (Participant, error) {
	all, err := participants(tx, qParticipant, code)
	if err == nil && len(all) == 0 {
		err = errs.Say(errs.NotFound, "没有“%s”这一参与主体", "there is no participant %q", code)
	}
	if err != nil {
		return Participant{}, err
	}
	return all[0], nil
}

// numbers reads a column of numbers, texts one of texts.
func numbers(tx *store.Tx, q store.Stmt, args ...any) (out []int64, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		out = append(out, n)
		return err
	})
	return out, err
}

func texts(tx *store.Tx, q store.Stmt, args ...any) (out []string, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		out = append(out, s)
		return err
	})
	return out, err
}

func putEvent(tx *store.Tx, e Event) error {
	_, err := tx.Exec(qEventPut, e.ID, e.Programme, e.Name, e.Target, strings.Join(e.Districts, " "), strings.Join(e.Feeders, " "), micros(e.Begins), micros(e.Ends), string(e.State), e.Reason, e.MadeBy, micros(e.Made), e.Approver, micros(e.Approved), micros(e.Settled), micros(e.Changed))
	return err
}

func events(tx *store.Tx, q store.Stmt, args ...any) (out []Event, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var e Event
		var districts, feeders, state string
		var begins, ends, made, approved, settled, changed int64
		err := scan(&e.ID, &e.Programme, &e.Name, &e.Target, &districts, &feeders, &begins, &ends, &state, &e.Reason, &e.MadeBy, &made, &e.Approver, &approved, &settled, &changed)
		e.Districts, e.Feeders, e.State = strings.Fields(districts), strings.Fields(feeders), State(state)
		e.Begins, e.Ends, e.Made, e.Approved, e.Settled, e.Changed = moment(begins), moment(ends), moment(made), moment(approved), moment(settled), moment(changed)
		out = append(out, e)
		return err
	})
	return out, err
}

func event(tx *store.Tx, id string) (Event, error) {
	all, err := events(tx, qEvent, id)
	if err == nil && len(all) == 0 {
		err = errs.Say(errs.NotFound, "没有这次响应事件", "there is no such event")
	}
	if err != nil {
		return Event{}, err
	}
	return all[0], nil
}

func putCall(tx *store.Tx, c Call) error {
	var b strings.Builder
	for i, n := range c.Meters {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.FormatInt(n, 10))
	}
	_, err := tx.Exec(qCallPut, c.Event, c.Participant, c.KW, c.Price, c.Expected, b.String(), micros(c.Told), micros(c.Seen), micros(c.Answered), c.Answer, c.Answerer)
	return err
}

func calls(tx *store.Tx, q store.Stmt, args ...any) (out []Call, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var c Call
		var meters string
		var told, seen, answered int64
		if err := scan(&c.Event, &c.Participant, &c.KW, &c.Price, &c.Expected, &meters, &told, &seen, &answered, &c.Answer, &c.Answerer); err != nil {
			return err
		}
		c.Told, c.Seen, c.Answered = moment(told), moment(seen), moment(answered)
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

func addResult(tx *store.Tx, r Result) error {
	_, err := tx.Exec(qResultAdd, r.Event, r.Run, r.Participant, string(r.Method), r.Baseline, r.Measured, r.Reduced, r.Rate, r.Paid, r.Fen, r.Lift, r.Estimated, r.Missing, r.Answer, micros(r.Made), r.MadeBy, r.Reason)
	return err
}

func results(tx *store.Tx, event string) (out []Result, err error) {
	err = tx.Each(qResults, []any{event}, func(scan func(...any) error) error {
		var r Result
		var method string
		var made int64
		err := scan(&r.Event, &r.Run, &r.Participant, &method, &r.Baseline, &r.Measured, &r.Reduced, &r.Rate, &r.Paid, &r.Fen, &r.Lift, &r.Estimated, &r.Missing, &r.Answer, &made, &r.MadeBy, &r.Reason)
		r.Method, r.Made = baseline.Method(method), moment(made)
		out = append(out, r)
		return err
	})
	return out, err
}

// read runs a function in a reading transaction.
func read[T any](ctx context.Context, db *store.DB, fn func(tx *store.Tx) (T, error)) (out T, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		out, err = fn(tx)
		return err
	})
	return out, err
}
