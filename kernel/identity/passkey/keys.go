package passkey

import (
	"context"
	"encoding/json"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

func (k *Key) scan(scan func(...any) error) error {
	var record string
	var created, used int64
	if err := scan(&k.ID, &k.Person, &k.Host, &k.Name, &record, &created, &used); err != nil {
		return err
	}
	k.Created = store.Time(created)
	if used > 0 {
		k.Used = store.Time(used)
	}
	return json.Unmarshal([]byte(record), &k.record)
}

// Keys lists a person's passkeys (its id without prefix), oldest first.
func (b *Book) Keys(ctx context.Context, person string) (list []Key, err error) {
	err = b.db.Read(ctx, func(tx *store.Tx) error {
		list = list[:0]
		return tx.Each(qOf, []any{person}, func(scan func(...any) error) error {
			var k Key
			err := k.scan(scan)
			list = append(list, k)
			return err
		})
	})
	return list, errs.Wrap("list passkeys", err)
}

// key finds one (errs.NotFound).
func (b *Book) key(ctx context.Context, id string) (*Key, error) {
	var found *Key
	err := b.db.Read(ctx, func(tx *store.Tx) error {
		found = nil
		return tx.Each(qKey, []any{id}, func(scan func(...any) error) error {
			found = new(Key)
			return found.scan(scan)
		})
	})
	if err == nil && found == nil {
		err = errs.Say(errs.NotFound, "没有这个通行密钥", "there is no such passkey")
	}
	return found, err
}

// Remove deletes a passkey of one's own.
func (b *Book) Remove(ctx context.Context, who *identity.Principal, id string) error {
	return errs.Wrap("delete a passkey", b.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qRemove, id, who.Person())
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.NotFound, "没有这个通行密钥，可能已删除", "there is no such passkey; it may be deleted already")
		}
		return b.journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: "self", Verb: "passkey-remove", Object: who.ID, Detail: map[string]string{"passkey": id}})
	}))
}

// Forget deletes a person's passkeys in the transaction that deletes the account.
func (b *Book) Forget(tx *store.Tx, person string) error {
	_, err := tx.Exec(qForget, person)
	return err
}
