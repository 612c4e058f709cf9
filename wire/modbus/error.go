package modbus

import (
	"errors"
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// Standard is the name that the clauses of an [Error] belong to; those of the TCP binding have "TCP " before them.
const Standard = "Modbus V1.1b3"

// ErrShort says that the bytes so far are a good beginning and more are needed.
var ErrShort = errors.New("modbus: more bytes are needed")

// Error is a refusal: where, by which clause, why, and the exception that a server answers with.
type Error struct {
	Offset    int // bytes from the start of what was handed in
	Clause    string
	Exception Exception
	Reason    lang.Text
}

// Error gives offset, clause and the English reason.
func (e *Error) Error() string {
	return "modbus: offset " + strconv.Itoa(e.Offset) + ": " + Standard + " " + e.Clause + ": " + e.Reason.En
}

func refuse(offset int, clause string, code Exception, zh, en string) *Error {
	return &Error{Offset: offset, Clause: clause, Exception: code, Reason: lang.T(zh, en)}
}

// Exception is how a server says that it did not do what it was asked for. Modbus V1.1b3 7
type Exception uint8

// The exceptions.
const (
	IllegalFunction Exception = 1
	IllegalAddress  Exception = 2
	IllegalValue    Exception = 3
	DeviceFailure   Exception = 4
	Acknowledge     Exception = 5
	DeviceBusy      Exception = 6
	MemoryParity    Exception = 8
	NoPath          Exception = 10 // of a gateway
	NoResponse      Exception = 11 // of the device behind a gateway
)

// Text is the exception for people.
func (e Exception) Text() lang.Text {
	switch e {
	case IllegalFunction:
		return lang.T("不支持的功能码", "function not supported")
	case IllegalAddress:
		return lang.T("寄存器地址无效", "no such address")
	case IllegalValue:
		return lang.T("数据值无效", "value not valid")
	case DeviceFailure:
		return lang.T("从站设备故障", "device failure")
	case Acknowledge:
		return lang.T("已接受，处理中", "accepted, being worked on")
	case DeviceBusy:
		return lang.T("从站设备忙", "device busy")
	case MemoryParity:
		return lang.T("存储奇偶校验错误", "memory parity error")
	case NoPath:
		return lang.T("网关路径不可用", "gateway path not available")
	case NoResponse:
		return lang.T("网关目标设备无响应", "the device behind the gateway does not answer")
	}
	return lang.T("异常码 "+strconv.Itoa(int(e)), "exception "+strconv.Itoa(int(e)))
}
