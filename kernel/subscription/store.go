package subscription

import (
	"embed"
	"io/fs"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

// Tables are the package's migrations.
func Tables() fs.FS { return tables }

var (
	qSubAll = store.Q("subscription.all", `SELECT num, tenant, id, owner, source FROM subscription ORDER BY num`)
	qSubAdd = store.Q("subscription.add", `INSERT INTO subscription (num, tenant, id, owner, source) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant, id) DO NOTHING`)
	qSubSet  = store.Q("subscription.set", `UPDATE subscription SET source = $2 WHERE num = $1`)
	qSubSwap = store.Q("subscription.swap", `UPDATE subscription SET source = $2 WHERE num = $1 AND source = $3`)
	qSubDel  = store.Q("subscription.del", `DELETE FROM subscription WHERE num = $1`)

	qStateAll = store.Q("subscription.state.all", `SELECT doc FROM subscription_state`)
	qStateSet = store.Q("subscription.state.set", `INSERT INTO subscription_state (page, doc) VALUES ($1, $2)
		ON CONFLICT (page) DO UPDATE SET doc = excluded.doc`)

	qDueAll   = store.Q("subscription.due.all", `SELECT id, doc FROM subscription_due ORDER BY id`)
	qDueAdd   = store.Q("subscription.due.add", `INSERT INTO subscription_due (id, doc) VALUES ($1, $2)`)
	qDueDel   = store.Q("subscription.due.del", `DELETE FROM subscription_due WHERE id = $1`)
	qDueDel64 = store.Q("subscription.due.del64", `DELETE FROM subscription_due WHERE id IN `+store.In(1, manyRows))

	qDeadCount = store.Q("subscription.dead.count", `SELECT num, COUNT(*) FROM subscription_dead GROUP BY num`)
	qDeadAdd   = store.Q("subscription.dead.add", `INSERT INTO subscription_dead (id, num, at, tries, error, doc) VALUES ($1, $2, $3, $4, $5, $6)`)
	qDeadList  = store.Q("subscription.dead.list", `SELECT id, at, tries, error, doc FROM subscription_dead
		WHERE num = $1 AND id < $2 ORDER BY id DESC LIMIT $3`)
	qDeadOne  = store.Q("subscription.dead.one", `SELECT doc FROM subscription_dead WHERE num = $1 AND id = $2`)
	qDeadSome = store.Q("subscription.dead.some", `SELECT id, doc FROM subscription_dead WHERE num = $1 ORDER BY id LIMIT $2`)
	qDeadDel  = store.Q("subscription.dead.del", `DELETE FROM subscription_dead WHERE num = $1 AND id = $2`)
	qDeadAll  = store.Q("subscription.dead.clear", `DELETE FROM subscription_dead WHERE num = $1`)
)

// manyRows is how many rows the wider of the two deletions takes.
const manyRows = 64

// Sequences.
const (
	seqNum  = "subscription"
	seqDue  = "subscription.due"
	seqDead = "subscription.dead"
)
