package trust

import (
	"crypto"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
)

// Prepared is an encryption key that was made for somebody and is not kept yet. It holds no plain private key.
type Prepared struct {
	Escrowed
	subject string
	sealed  []byte
}

// PrepareEscrow does the costly part of [Vault.Escrow] outside a transaction, for those who issue by the hundred thousand: the write lane is
// one for the whole program and no place for key making. What is not kept with KeepEscrow afterwards is lost, and so is its use.
func (v *Vault) PrepareEscrow(subject string, to crypto.PublicKey) (Prepared, error) {
	k, err := pki.Generate(pki.SM2)
	if err != nil {
		return Prepared{}, err
	}
	p := Prepared{Escrowed: Escrowed{ID: store.NewID(v.o.Now())}, subject: subject}
	if p.Public, err = pki.MarshalPublic(k.Public()); err != nil {
		return Prepared{}, err
	}
	if p.Envelope, err = pki.Envelop(to, k); err != nil {
		return Prepared{}, errs.Because(err, errs.Invalid, "加密密钥只能交给 SM2 签名公钥的持有者", "an encryption key can be handed to the holder of an SM2 key only")
	}
	der, err := pki.MarshalPrivate(k)
	if err != nil {
		return Prepared{}, err
	}
	defer clear(der)
	p.sealed, err = v.shut(p.ID, p.Public, der)
	return p, err
}

// KeepEscrow keeps prepared keys within a transaction. The caller records the act that it is part of.
func (v *Vault) KeepEscrow(tx *store.Tx, list ...Prepared) error {
	now := store.Micros(v.o.Now())
	args := make([]any, 0, len(list)*6)
	for _, p := range list {
		args = append(args, p.ID, p.subject, p.Public, p.sealed, v.sealID, now)
	}
	_, err := tx.ExecBulk(bEscrowAdd, args)
	return err
}

var bEscrowAdd = store.NewBulk("trust_escrow_add_many", `INSERT INTO trust_escrow (id, subject, public, sealed, seal, made)`, 6, "")
