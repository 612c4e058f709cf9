package notice

import (
	"embed"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

const (
	rowColumns  = `id, message, about, level, priority, contact, person, who, way, channel, address, state, tries, due, watch, made, told, escaped, answered, answer, answerer, receipt, reason`
	contactCols = `id, name_zh, name_en, unit, area, grp, duty, person, lang, ways`
)

var (
	bulkRow   = store.NewBulk("notice.row", `INSERT INTO notice_delivery (`+rowColumns+`)`, 23, ``)
	bulkToken = store.NewBulk("notice.token", `INSERT INTO notice_token (hash, delivery)`, 2, ``)

	qMessagePut = store.Q("notice.message.put", `INSERT INTO notice_message (id, about, title, body, link, priority, ackby, made, recalled, told, missed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, 0)`)
	qMessage    = store.Q("notice.message", `SELECT id, about, title, body, link, priority, ackby, made, recalled, told, missed FROM notice_message WHERE id = $1`)
	qMessages   = store.Q("notice.messages", `SELECT id, about, title, body, link, priority, ackby, made, recalled, told, missed FROM notice_message WHERE ($1 = '' OR id < $1) AND ($2 = '' OR about LIKE $2 ESCAPE '\') ORDER BY id DESC LIMIT $3`)
	qStates     = store.Q("notice.states", `SELECT state, CASE WHEN escaped > 0 THEN 1 ELSE 0 END, COUNT(*) FROM notice_delivery WHERE message = $1 GROUP BY state, CASE WHEN escaped > 0 THEN 1 ELSE 0 END`)
	qMissed     = store.Q("notice.missed", `UPDATE notice_message SET missed = missed + $1 WHERE id = $2`)
	qNextLevel  = store.Q("notice.level", `UPDATE notice_delivery SET state = 'due', due = $1, watch = $2, made = $1 WHERE message = $3 AND level = $4 AND state = 'waiting'`)
	qUnreached  = store.Q("notice.level.failed", `UPDATE notice_delivery SET state = 'failed', due = 0, watch = $1, reason = 'no-way' WHERE message = $2 AND level = $3 AND state = 'due' AND channel = ''`)

	qRecallMsg = store.Q("notice.recall.message", `UPDATE notice_message SET recalled = $1 WHERE about = $2 AND recalled = 0`)
	qRecallRow = store.Q("notice.recall.row", `UPDATE notice_delivery SET state = CASE WHEN state IN ('due', 'waiting') THEN 'recalled' ELSE state END, due = CASE WHEN state = 'due' THEN 0 ELSE due END, watch = 0 WHERE about = $1 AND (watch > 0 OR state IN ('due', 'waiting'))`)

	qDue      = `SELECT ` + rowColumns + ` FROM notice_delivery WHERE channel = $1 AND due > 0 AND due <= $2 ORDER BY priority, due, id LIMIT $3`
	qNames    = store.Q("notice.channels", `SELECT DISTINCT channel FROM notice_delivery WHERE due > 0`)
	qAbandon  = store.Q("notice.abandon", `UPDATE notice_delivery SET due = $1 WHERE state = 'trying' AND due > $1`)
	qTold     = store.Q("notice.told", `UPDATE notice_delivery SET state = CASE WHEN state = 'trying' THEN 'told' ELSE state END, told = $1, due = 0, receipt = $2, reason = '' WHERE id = $3`)
	qAgain    = store.Q("notice.again", `UPDATE notice_delivery SET state = $1, way = $2, channel = $3, address = $4, tries = $5, due = $6, reason = $7, watch = CASE WHEN CAST($8 AS BIGINT) > 0 THEN CAST($8 AS BIGINT) ELSE watch END WHERE id = $9 AND state = 'trying'`)
	qOrphan   = store.Q("notice.orphan", `UPDATE notice_delivery SET state = 'trying' WHERE id = $1`)
	qWatch    = store.Q("notice.watch", `SELECT id, message, level FROM notice_delivery WHERE watch > 0 AND watch <= $1 ORDER BY watch LIMIT $2`)
	qByToken  = store.Q("notice.bytoken", `SELECT delivery FROM notice_token WHERE hash = $1`)
	qByReply  = store.Q("notice.byreply", `SELECT id FROM notice_delivery WHERE channel = $1 AND address = $2 AND told > 0 AND state = 'told' ORDER BY told DESC LIMIT 1`)
	qRow      = store.Q("notice.get", `SELECT `+rowColumns+` FROM notice_delivery WHERE id = $1`)
	qAnswer   = store.Q("notice.answer", `UPDATE notice_delivery SET state = 'answered', answered = $1, answer = $2, answerer = $3, due = 0, watch = 0 WHERE id = $4 AND state IN ('trying', 'due', 'told', 'failed')`)
	qLines    = store.Q("notice.lines", `SELECT `+rowColumns+` FROM notice_delivery WHERE about = $1 AND id > $2 ORDER BY id LIMIT $3`)
	qOfMsg    = store.Q("notice.ofmessage", `SELECT `+rowColumns+` FROM notice_delivery WHERE message = $1 AND id > $2 AND ($3 = '' OR state = $3) ORDER BY id LIMIT $4`)
	qOfPerson = store.Q("notice.ofperson", `SELECT `+rowColumns+` FROM notice_delivery WHERE person = $1 AND ($2 = '' OR id < $2) AND state <> 'waiting' AND state <> 'recalled' ORDER BY id DESC LIMIT $3`)
	qOpenOf   = store.Q("notice.openof", `SELECT COUNT(*) FROM notice_delivery WHERE person = $1 AND state = 'told' AND watch > 0`)

	qRecord  = store.Q("notice.record", `INSERT INTO notice_record (id, channel, address, title, body, link, at, repeated) VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (id) DO UPDATE SET repeated = notice_record.repeated + 1`)
	qFound   = store.Q("notice.record.found", `SELECT id FROM notice_record WHERE id = $1`)
	qRecords = store.Q("notice.records", `SELECT id, channel, address, title, body, link, at FROM notice_record WHERE (at < $1 OR (at = $1 AND id < $2)) ORDER BY at DESC, id DESC LIMIT $3`)

	qContactPut   = store.Q("notice.contact.put", `INSERT INTO notice_contact (`+contactCols+`, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en, unit = excluded.unit, area = excluded.area, grp = excluded.grp, duty = excluded.duty, person = excluded.person, lang = excluded.lang, ways = excluded.ways, changed = excluded.changed`)
	qContact      = store.Q("notice.contact", `SELECT `+contactCols+` FROM notice_contact WHERE id = $1`)
	qContacts     = store.Q("notice.contacts", `SELECT `+contactCols+` FROM notice_contact WHERE ($1 = '' OR duty = $1) AND ($2 = '' OR unit = $2) AND ($3 = '' OR area = $3) AND ($4 = '' OR grp = $4) AND ($5 = '' OR name_zh LIKE $5 ESCAPE '\' OR name_en LIKE $5 ESCAPE '\' OR ways LIKE $5 ESCAPE '\') AND id > $6 ORDER BY id LIMIT $7`)
	qContactOf    = store.Q("notice.contact.of", `SELECT `+contactCols+` FROM notice_contact WHERE person = $1 ORDER BY id`)
	qContactDrop  = store.Q("notice.contact.drop", `DELETE FROM notice_contact WHERE id = $1`)
	qContactBlank = store.Q("notice.contact.blank", `UPDATE notice_delivery SET who = '{}', address = '', person = '', answer = '', due = 0, state = CASE WHEN state IN ('due', 'waiting') THEN 'recalled' ELSE state END WHERE contact = $1`)
	qRecordDrop   = store.Q("notice.record.drop", `DELETE FROM notice_record WHERE id IN (SELECT id || '-0' FROM notice_delivery WHERE contact = $1 UNION SELECT id || '-1' FROM notice_delivery WHERE contact = $1 UNION SELECT id || '-2' FROM notice_delivery WHERE contact = $1 UNION SELECT id || '-3' FROM notice_delivery WHERE contact = $1)`)
	qKeyPut       = store.Q("notice.key.put", `INSERT INTO notice_key (name, key) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`)
	qKey          = store.Q("notice.key", `SELECT key FROM notice_key WHERE name = $1`)
	qDuties       = store.Q("notice.duties", `SELECT DISTINCT duty FROM notice_contact ORDER BY duty`)
)

// chunk is how many ids one statement names; the rest of a list goes one by one.
const chunk = 64

var (
	qTry     = [2]store.Stmt{store.Q("notice.try", tryText(1)), store.Q("notice.try", tryText(chunk))}
	qEscaped = [2]store.Stmt{store.Q("notice.escaped", escapedText(1)), store.Q("notice.escaped", escapedText(chunk))}
)

func tryText(n int) string {
	return `UPDATE notice_delivery SET state = 'trying', tries = tries + 1, due = $1 WHERE id IN ` + store.In(2, n)
}

func escapedText(n int) string {
	return `UPDATE notice_delivery SET escaped = $1, watch = 0 WHERE id IN ` + store.In(2, n)
}

// each runs a statement of two sizes over a list of ids.
func each(tx *store.Tx, q *[2]store.Stmt, first any, ids []string) error {
	for len(ids) > 0 {
		n, i := 1, 0
		if len(ids) >= chunk {
			n, i = chunk, 1
		}
		args := []any{first}
		for _, id := range ids[:n] {
			args = append(args, id)
		}
		if _, err := tx.Exec(q[i], args...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// row is a delivery as it lies in the table.
type row struct {
	heading
	reply
	id, message, about, contact, person, state, receipt, reason string
	level, priority, tries                                      int64
	due, watch, made, told, escaped                             int64
	who                                                         Contact
}

// heading is the way that a row takes.
type heading struct {
	way              int64
	channel, address string
}

// reply is what came back.
type reply struct {
	back             int64
	answer, answerer string
}

func (r *row) scan(scan func(...any) error) error {
	var who string
	err := scan(&r.id, &r.message, &r.about, &r.level, &r.priority, &r.contact, &r.person, &who, &r.way, &r.channel, &r.address, &r.state, &r.tries, &r.due, &r.watch, &r.made, &r.told, &r.escaped, &r.back,
		&r.answer, &r.answerer, &r.receipt, &r.reason)
	if err != nil {
		return err
	}
	return errs.As(errs.Internal, "read a contact of a notice", json.Unmarshal([]byte(who), &r.who))
}

// args appends the row as bulkRow takes it.
func (r *row) args(dst []any) ([]any, error) {
	who, err := json.Marshal(r.who)
	if err != nil {
		return nil, errs.As(errs.Internal, "write a contact of a notice", err)
	}
	return append(dst, r.id, r.message, r.about, r.level, r.priority, r.contact, r.person, string(who), r.way, r.channel, r.address, r.state, r.tries, r.due, r.watch, r.made, r.told, r.escaped, r.back,
		r.answer, r.answerer, r.receipt, r.reason), nil
}

// key is the same however often the row is tried by the same way.
func (r *row) key() string { return r.id + "-" + string(rune('0'+r.way)) }

func rows(tx *store.Tx, q store.Stmt, args ...any) (out []*row, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		r := new(row)
		err := r.scan(scan)
		out = append(out, r)
		return err
	})
	return out, err
}

func (r *row) line() Line {
	l := Line{ID: r.id, Contact: r.who, Message: r.message, About: r.about, Level: int(r.level), State: State(r.state), Tries: int(r.tries), DueAt: store.Time(r.made), ToldAt: store.Time(r.told),
		EscapedAt: store.Time(r.escaped), AnswerAt: store.Time(r.back), Answer: r.answer, Answerer: r.answerer, Receipt: r.receipt, Recorded: r.receipt == recorded, Reason: r.reason,
		Delivery: Delivery{Key: r.key(), Channel: r.channel, Address: r.address, Lang: r.who.Lang}}
	l.Contact.ID = r.contact
	if l.State == Told && r.escaped > 0 {
		l.State = Escaped
	}
	return l
}

// text packs both languages for a column.
func text(t lang.Text) string {
	b, err := json.Marshal(t)
	if err != nil { // two strings always marshal
		return "{}"
	}
	return string(b)
}

// letter is a message as it lies in the table.
type letter struct {
	Message
	id                           string
	made, recalled, told, missed int64
}

func (m *letter) scan(scan func(...any) error) error {
	var title, body string
	var priority, ackby int64
	if err := scan(&m.id, &m.About, &title, &body, &m.Link, &priority, &ackby, &m.made, &m.recalled, &m.told, &m.missed); err != nil {
		return err
	}
	m.Priority, m.AckBy = int(priority), time.Duration(ackby)*time.Microsecond
	if err := json.Unmarshal([]byte(title), &m.Title); err != nil {
		return errs.As(errs.Internal, "read a notice", err)
	}
	return errs.As(errs.Internal, "read a notice", json.Unmarshal([]byte(body), &m.Body))
}

func (m *letter) get(tx *store.Tx, id string) error {
	return m.scan(func(dest ...any) error { return tx.Get(qMessage, []any{id}, dest...) })
}
