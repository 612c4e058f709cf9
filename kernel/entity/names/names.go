package names

import (
	"maps"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

var (
	qByName = store.Q("entity.name.id", `SELECT id FROM entity_name WHERE name = $1`)
	qByID   = store.Q("entity.name.name", `SELECT name FROM entity_name WHERE id = $1`)
	qAll    = store.Q("entity.name.all", `SELECT id, name FROM entity_name`)
	qAdd    = store.Q("entity.name.add", `INSERT INTO entity_name (id, name) VALUES ($1, $2)`)
)

const sequence = "entity.name"

// maxNames bounds the interned names, which are held in memory. Attribute names beyond it are written out in documents.
const maxNames = 1 << 16

// Names gives names numbers and keeps both in memory. It is safe for concurrent use; what adds names is for the write lane.
type Names struct {
	mu     sync.RWMutex
	byName map[string]int64
	byID   map[int64]string
	tx     *store.Tx        // the writer that has added names last; of the write lane
	fresh  map[string]int64 // by it
}

// Load reads every name.
func (n *Names) Load(tx *store.Tx) error {
	all := map[string]int64{}
	err := tx.Each(qAll, nil, func(scan func(...any) error) error {
		var id int64
		var name string
		err := scan(&id, &name)
		all[name] = id
		return err
	})
	n.add(all)
	return err
}

// add takes names that are committed.
func (n *Names) add(more map[string]int64) {
	if len(more) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byName == nil {
		n.byName, n.byID = map[string]int64{}, map[int64]string{}
	}
	maps.Copy(n.byName, more)
	for name, id := range more {
		n.byID[id] = name
	}
}

func (n *Names) id(name string) (int64, int) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.byName[name], len(n.byName)
}

// Held gives the name of a number from memory.
func (n *Names) Held(id int64) (string, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	name, ok := n.byID[id]
	return name, ok
}

// ID gives the number of a name, 0 where nothing was ever called so.
func (n *Names) ID(tx *store.Tx, name string) (int64, error) {
	if id, _ := n.id(name); id != 0 {
		return id, nil
	}
	var id int64
	err := tx.Get(qByName, []any{name}, &id)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err == nil && !tx.Writes() { // what a Read sees is committed
		n.add(map[string]int64{name: id})
	}
	return id, err
}

// Intern gives the number of a name and makes one where there is none. must tells that the name has to get a number although
// the table is full; else it gets 0.
func (n *Names) Intern(tx *store.Tx, name string, must bool) (int64, error) {
	id, held := n.id(name)
	if id != 0 {
		return id, nil
	}
	if n.tx == tx {
		if id := n.fresh[name]; id != 0 {
			return id, nil
		}
	}
	id, err := n.ID(tx, name)
	if err != nil || id != 0 {
		return id, err
	}
	if held >= maxNames {
		if must {
			return 0, errs.Say(errs.TooLarge, "类型名称过多（上限 %d），请检查数据来源", "too many names of types (at most %d); check the source of the data", maxNames)
		}
		return 0, nil
	}
	if id, err = tx.Next(sequence); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(qAdd, id, name); err != nil {
		return 0, err
	}
	if n.tx != tx {
		fresh := map[string]int64{}
		n.tx, n.fresh = tx, fresh
		tx.OnCommit(func() { n.add(fresh) })
	}
	n.fresh[name] = id
	return id, nil
}

// Of gives the name of a number to a decoder; ok is false where there is none or it cannot be read.
func (n *Names) Of(tx *store.Tx) func(int64) (string, bool) {
	return func(id int64) (string, bool) {
		if name, ok := n.Held(id); ok {
			return name, true
		}
		var name string
		if err := tx.Get(qByID, []any{id}, &name); err != nil {
			return "", false
		}
		if !tx.Writes() {
			n.add(map[string]int64{name: id})
		}
		return name, true
	}
}
