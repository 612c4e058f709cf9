package headend

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/headend/line"
	"github.com/haihe-city/haihe/systems/grid/headend/secret"
	"github.com/haihe-city/haihe/wire/dlms"
	"github.com/haihe-city/haihe/wire/dlms/hdlc"
)

// lineHint is how long we listen for the flag of a peer that speaks HDLC before we say something.
const lineHint = 300 * time.Millisecond

// hint listens for a moment: who begins with the flag of HDLC speaks HDLC. IEC 62056-46 6.4.3.1
func (c *sessionDLMS) hint() error {
	if err := c.conn.SetDeadline(time.Now().Add(min(lineHint, c.e.o.Answer))); err != nil {
		return err
	}
	n, err := c.conn.Read(c.buf[:])
	var ne net.Error
	switch {
	case n > 0 && c.buf[0] == 0x7E:
		c.speakLine()
		c.line.Feed(c.buf[:n])
	case n > 0:
		c.sc.Feed(c.buf[:n])
	case errors.As(err, &ne) && ne.Timeout():
	default:
		return err
	}
	return nil
}

// speakLine goes over to HDLC.
func (c *sessionDLMS) speakLine() {
	c.line = line.New(c.conn, uint8(dlms.ManagerClient), c.e.o.Answer, func(ctx context.Context, why *hdlc.Error, offset int64, raw []byte) {
		c.e.o.Refuse(ctx, Refused{Peer: c.peer, Protocol: nameDLMS, Reason: why.Reason, Clause: "46: " + why.Clause, Offset: offset + int64(why.Offset)}, raw)
	})
}

// askLine sends a message to a device over HDLC and waits for its answer.
func (c *sessionDLMS) askLine(ctx context.Context, port uint16, q dlms.APDU) (answer dlms.APDU, err error) {
	err = c.line.Ask(ctx, port, dlms.Encode(q), func(message []byte) bool {
		a, err := dlms.Decode(message)
		if err != nil {
			c.refuse(ctx, err, dlms.Item{Raw: message})
			return false
		}
		c.e.o.Count(nameDLMS, "taken")
		answer = a
		return answers(q, a)
	})
	if err != nil {
		c.drop(port)
		return nil, err
	}
	return answer, nil
}

// drop forgets the link to a device, and with it its association.
func (c *sessionDLMS) drop(port uint16) {
	c.line.Drop(port)
	for _, m := range c.meters {
		if m.port == port {
			m.open = false
		}
	}
}

// secure makes a device that was spoken to openly prove itself from now on, where its keys are known.
func (c *sessionDLMS) secure(ctx context.Context, m *cosem, address string) {
	if c.e.o.Keys == nil {
		return
	}
	d, ok := c.e.o.Keys(address)
	if !ok {
		return
	}
	m.keys = &d
	if m.open && c.line != nil {
		c.drop(m.port)
	} else if m.open {
		_, _ = c.ask(ctx, m.port, dlms.RLRQ{}) // an old association; one that does not end it gets the new one on top
	}
	m.open = false
}

// prove opens an association with mechanism 5: both sides answer the other's challenge. IEC 62056-5-3 9.2.7.4
func (c *sessionDLMS) prove(ctx context.Context, m *cosem, d *secret.DLMS) error {
	var own [8 + 16]byte // title and challenge: a title of this association alone, so that no counter is ever used twice with a key
	_, _ = rand.Read(own[:])
	copy(own[:3], "HAI")
	title, challenge := own[:8], own[8:]
	got, err := c.ask(ctx, m.port, dlms.AssociateGMAC(title, challenge, dlms.InitiateRequest{Version: 6, Conformance: dlms.Wanted, MaxAPDU: maxDLMS}))
	if err != nil {
		return err
	}
	a, ok := got.(dlms.AARE)
	if !ok {
		return errs.Say(errs.Invalid, "设备拒绝建立关联", "the device refuses the association")
	}
	if result, diagnostic := a.Outcome(); result != 0 {
		return errs.Say(errs.Invalid, "设备拒绝建立关联（诊断 %d）", "the device refuses the association (diagnostic %d)", diagnostic)
	}
	ours := dlms.Keys{Title: title, Key: d.Key, Authentication: d.Authentication}
	proof, err := ours.Prove(uint32(time.Now().Unix()), a.Challenge()) // meters want counters that rise
	if err != nil {
		c.refuse(ctx, err, dlms.Item{})
		return errs.As(errs.Invalid, "prove who we are", err)
	}
	c.invoke = (c.invoke + 1) & 0x0F
	got, err = c.ask(ctx, m.port, numbered(dlms.Reply(proof), 0xC0|c.invoke))
	if err != nil {
		return err
	}
	r, ok := got.(dlms.ActionResponse)
	if !ok || r.Kind != dlms.Normal || r.Results[0].Outcome != dlms.Success || r.Results[0].Return == nil || r.Results[0].Return.Value == nil {
		return errs.Say(errs.Denied, "设备不认可密钥", "the device does not take the keys")
	}
	theirs := dlms.Keys{Title: a.Title(), Key: d.Key, Authentication: d.Authentication}
	if err := theirs.Proves(r.Results[0].Return.Value.Bytes, challenge); err != nil {
		c.e.o.Refuse(ctx, Refused{Peer: c.peer, Protocol: nameDLMS, Clause: "5-3: 9.2.7.4", Reason: lang.T("设备未能证明身份", "the device does not prove who it is")}, nil)
		return errs.As(errs.Denied, "hear who the device is", err)
	}
	if bytes.Equal(title, a.Title()) {
		return errs.Say(errs.Denied, "设备以本方的名义应答", "the device answers in our own name") // a mirror
	}
	m.open = true
	return nil
}
