package entity

import (
	"context"
	"io/fs"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/schema"
)

// Register declares the models of an owner (a system's name): every *.json in schemas is the JSON Schema of one entity type in
// its key-values form ("title" is the type). Writes to a type that is registered are checked against it; entities that are
// there already are not. Properties marked "x-index": true are indexed, which the first time walks over the type's entities.
// A file without a title is only there for others to refer to. A schema may refer to the other files by name or by "$id";
// nothing is loaded from the network. errs.Conflict where another owner has registered the type.
func (s *Store) Register(owner string, schemas fs.FS) error {
	models, err := schema.Read(owner, schemas)
	if err != nil {
		return err
	}
	s.mu.RLock()
	for _, m := range models {
		if o := s.models[m.Type]; o != nil && o.Owner != owner {
			err = errs.Say(errs.Conflict, "实体类型 %s 已由系统 %s 登记，%s 不能再次登记", "the entity type %s is registered by the system %s already, %s cannot register it again", m.Type, o.Owner, owner)
		}
	}
	s.mu.RUnlock()
	for _, m := range models {
		if err == nil {
			err = s.index.Set(context.Background(), s, m.Type, m.Index)
		}
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range models {
		s.models[m.Type] = m
	}
	return nil
}

// Owner names the system that has registered a type; "" where none has.
func (s *Store) Owner(typ string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if m := s.models[typ]; m != nil {
		return m.Owner
	}
	return ""
}

// conforms holds an entity to the models of its types, which are those of the common context.
func (s *Store) conforms(e *Entity) error {
	if e.Tenant != "" {
		return nil
	}
	s.mu.RLock()
	var models []*schema.Model
	for _, t := range e.Types {
		if m := s.models[t]; m != nil {
			models = append(models, m)
		}
	}
	s.mu.RUnlock()
	return schema.Check(models, e)
}
