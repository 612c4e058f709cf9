package vee

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qStats   = store.Q("grid_vee_stat_list", `SELECT block, pass, body FROM grid_vee_stat WHERE block >= $1 AND block <= $2`)
	bulkStat = store.NewBulk("grid_vee_stat_put", `INSERT INTO grid_vee_stat (block, pass, body)`, 3,
		`ON CONFLICT (block) DO UPDATE SET pass = excluded.pass, body = excluded.body`)

	qPassAdd = store.Q("grid_vee_pass_add", `INSERT INTO grid_vee_pass (num, day, asked_by, began, ended, state, total, meters, findings, estimated, balanced, unended, torn, failed)
		VALUES ($1, $2, $3, $4, 0, 'waiting', 0, 0, 0, 0, 0, 0, 0, 0)`)
	qPassNext = store.Q("grid_vee_pass_next", `SELECT num, day, asked_by, began, ended, state, total, meters, findings, estimated, balanced, unended, torn, failed
		FROM grid_vee_pass WHERE state <> 'done' ORDER BY num LIMIT 1`)
	qPassList = store.Q("grid_vee_pass_list", `SELECT num, day, asked_by, began, ended, state, total, meters, findings, estimated, balanced, unended, torn, failed
		FROM grid_vee_pass ORDER BY num DESC LIMIT $1`)
	qPassOpen  = store.Q("grid_vee_pass_open", `SELECT COUNT(*) FROM grid_vee_pass WHERE state <> 'done'`)
	qPassTop   = store.Q("grid_vee_pass_top", `SELECT COALESCE(MAX(day), 0) FROM grid_vee_pass`)
	qPassLast  = store.Q("grid_vee_pass_last", `SELECT COALESCE(MAX(day), 0) FROM grid_vee_pass WHERE state = 'done'`)
	qPassBegin = store.Q("grid_vee_pass_begin", `UPDATE grid_vee_pass SET state = 'running', total = $2 WHERE num = $1`)
	qPassMove  = store.Q("grid_vee_pass_move", `UPDATE grid_vee_pass SET meters = meters + $2, findings = findings + $3, estimated = estimated + $4, balanced = balanced + $5,
		unended = unended + $6, torn = torn + $7, failed = failed + $8 WHERE num = $1`)
	qPassEnd = store.Q("grid_vee_pass_end", `UPDATE grid_vee_pass SET state = 'done', ended = $2 WHERE num = $1`)

	qFindingCut = store.Q("grid_vee_finding_cut", `DELETE FROM grid_vee_finding WHERE day = $1 AND meter >= $2 AND meter <= $3`)
	bulkFinding = store.NewBulk("grid_vee_finding_add", `INSERT INTO grid_vee_finding (day, meter, rule, severity, district, slots_a, slots_b, a, b, c)`, 10, ``)
	qFindings   = store.Q("grid_vee_finding_list", `SELECT meter, rule, severity, slots_a, slots_b, a, b, c FROM grid_vee_finding
		WHERE day = $1 AND ($2 = '' OR rule = $2) AND ($3 = '' OR district = $3) AND severity >= $4 AND (meter > $5 OR meter = $5 AND rule > $6) ORDER BY meter, rule LIMIT $7`)
	qFindingsWorst = store.Q("grid_vee_finding_worst", `SELECT meter, rule, severity, slots_a, slots_b, a, b, c FROM grid_vee_finding
		WHERE day = $1 AND ($2 = '' OR rule = $2) AND ($3 = '' OR district = $3) AND severity >= $4
		AND (severity < $8 OR severity = $8 AND (meter > $5 OR meter = $5 AND rule > $6)) ORDER BY severity DESC, meter, rule LIMIT $7`)
	qFindingCount = store.Q("grid_vee_finding_count", `SELECT CAST(COALESCE(SUM(meters), 0) AS BIGINT) FROM grid_vee_tally
		WHERE day = $1 AND ($2 = '' OR rule = $2) AND ($3 = '' OR district = $3) AND severity >= $4`)
	qFindingOne = store.Q("grid_vee_finding_meter", `SELECT meter, rule, severity, slots_a, slots_b, a, b, c FROM grid_vee_finding WHERE meter = $1 AND day = $2 ORDER BY severity DESC, rule`)
	qFindingOld = store.Q("grid_vee_finding_old", `DELETE FROM grid_vee_finding WHERE day < $1`)

	qTallyCut  = store.Q("grid_vee_tally_cut", `DELETE FROM grid_vee_tally WHERE day = $1`)
	qTallyMake = store.Q("grid_vee_tally_make", `INSERT INTO grid_vee_tally (day, rule, district, severity, meters)
		SELECT day, rule, district, severity, COUNT(*) FROM grid_vee_finding WHERE day = $1 GROUP BY day, rule, district, severity`)
	qTallies = store.Q("grid_vee_tally_list", `SELECT day, rule, CAST(SUM(meters) AS BIGINT) FROM grid_vee_tally WHERE day > $1 AND day <= $2 GROUP BY day, rule`)

	qEstimates   = store.Q("grid_vee_estimate_list", `SELECT method, slots_a, slots_b FROM grid_vee_estimate WHERE meter = $1 AND day = $2 ORDER BY method`)
	qEstimateCut = store.Q("grid_vee_estimate_cut", `DELETE FROM grid_vee_estimate WHERE meter = $1 AND day = $2`)
	bulkEstimate = store.NewBulk("grid_vee_estimate_add", `INSERT INTO grid_vee_estimate (meter, day, method, slots_a, slots_b, at)`, 6, ``)

	qEditAdd = store.Q("grid_vee_edit_add", `INSERT INTO grid_vee_edit (id, meter, day, slot, at, who, reason, state, was_at, was_quality, was_register, was_power, was_voltage,
		now_quality, now_register, now_power, now_voltage, undone_at, undone_by, undone_why) VALUES ($1, $2, $3, $4, $5, $6, $7, 'stands', $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, '', '')`)
	qEditGet = store.Q("grid_vee_edit_get", `SELECT id, meter, day, slot, at, who, reason, state, was_at, was_quality, was_register, was_power, was_voltage,
		now_quality, now_register, now_power, now_voltage, undone_at, undone_by, undone_why FROM grid_vee_edit WHERE id = $1`)
	qEditStands = store.Q("grid_vee_edit_stands", `SELECT COUNT(*) FROM grid_vee_edit WHERE meter = $1 AND day = $2 AND slot = $3 AND state = 'stands' AND who <> $4`)
	qEditsOf    = store.Q("grid_vee_edit_of", `SELECT id, meter, day, slot, at, who, reason, state, was_at, was_quality, was_register, was_power, was_voltage,
		now_quality, now_register, now_power, now_voltage, undone_at, undone_by, undone_why FROM grid_vee_edit WHERE meter = $1 AND day = $2 ORDER BY at DESC, id DESC`)
	qEdits = store.Q("grid_vee_edit_list", `SELECT id, meter, day, slot, at, who, reason, state, was_at, was_quality, was_register, was_power, was_voltage,
		now_quality, now_register, now_power, now_voltage, undone_at, undone_by, undone_why FROM grid_vee_edit WHERE id < $1 ORDER BY id DESC LIMIT $2`)
	qEditAround = store.Q("grid_vee_edit_around", `SELECT id, meter, day, slot, at, who, reason, state, was_at, was_quality, was_register, was_power, was_voltage,
		now_quality, now_register, now_power, now_voltage, undone_at, undone_by, undone_why FROM grid_vee_edit
		WHERE meter >= $1 AND meter <= $2 AND day >= $3 AND day <= $4 AND (state = 'stands' OR who = $5) ORDER BY meter, day, slot, id`)
	qEditUndo = store.Q("grid_vee_edit_undo", `UPDATE grid_vee_edit SET state = 'undone', undone_at = $2, undone_by = $3, undone_why = $4 WHERE id = $1 AND state = 'stands'`)
)
