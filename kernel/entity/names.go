package entity

import (
	"maps"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// maxNames bounds the interned names, which are held in memory. Attribute names beyond it are written out in documents.
const maxNames = 1 << 16

// names caches the committed names.
type names struct {
	mu     sync.RWMutex
	byName map[string]int64
	byID   map[int64]string
	tx     *store.Tx        // the writer that has added names last; of the write lane
	fresh  map[string]int64 // by it
}

func (n *names) load(tx *store.Tx) error {
	all := map[string]int64{}
	err := tx.Each(qNameAll, nil, func(scan func(...any) error) error {
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
func (n *names) add(more map[string]int64) {
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

func (n *names) id(name string) (int64, int) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.byName[name], len(n.byName)
}

func (n *names) name(id int64) (string, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	name, ok := n.byID[id]
	return name, ok
}

// nameID gives the number of a name, 0 where nothing was ever called so.
func (s *Store) nameID(tx *store.Tx, name string) (int64, error) {
	if id, _ := s.names.id(name); id != 0 {
		return id, nil
	}
	var id int64
	err := tx.Get(qNameByName, []any{name}, &id)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err == nil && !tx.Writes() { // what a Read sees is committed
		s.names.add(map[string]int64{name: id})
	}
	return id, err
}

// intern gives the number of a name and makes one where there is none. must tells that the name has to get a number although
// the table is full; else it gets 0.
func (s *Store) intern(tx *store.Tx, name string, must bool) (int64, error) {
	id, held := s.names.id(name)
	if id != 0 {
		return id, nil
	}
	if s.names.tx == tx {
		if id := s.names.fresh[name]; id != 0 {
			return id, nil
		}
	}
	id, err := s.nameID(tx, name)
	if err != nil || id != 0 {
		return id, err
	}
	if held >= maxNames {
		if must {
			return 0, errs.Say(errs.TooLarge, "类型名称过多（上限 %d），请检查数据来源", "too many names of types (at most %d); check the source of the data", maxNames)
		}
		return 0, nil
	}
	if id, err = tx.Next(seqName); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(qNameAdd, id, name); err != nil {
		return 0, err
	}
	if s.names.tx != tx {
		fresh := map[string]int64{}
		s.names.tx, s.names.fresh = tx, fresh
		tx.OnCommit(func() { s.names.add(fresh) })
	}
	s.names.fresh[name] = id
	return id, nil
}

// nameOf gives the name of a number to a decoder; ok is false where there is none or it cannot be read.
func (s *Store) nameOf(tx *store.Tx) func(int64) (string, bool) {
	return func(id int64) (string, bool) {
		if name, ok := s.names.name(id); ok {
			return name, true
		}
		var name string
		if err := tx.Get(qNameByID, []any{id}, &name); err != nil {
			return "", false
		}
		if !tx.Writes() {
			s.names.add(map[string]int64{name: id})
		}
		return name, true
	}
}
