package dlms

// ClassDisconnect is the class of the switch of a meter. IEC 62056-6-2 4.5.8
const ClassDisconnect uint16 = 70

// The methods and attributes of the switch. IEC 62056-6-2 4.5.8
const (
	MethodDisconnect int8 = 1
	MethodReconnect  int8 = 2

	AttributeOutput int8 = 2 // bool: the supply is connected
	AttributeState  int8 = 3 // enum, see SwitchState
)

// Switch is the name of the disconnect control object. IEC 62056-6-1
var Switch = OBIS{0, 0, 96, 3, 10, 255}

// SwitchState is the control state of the switch. IEC 62056-6-2 4.5.8
type SwitchState uint8

// The states.
const (
	Disconnected SwitchState = iota
	Connected
	ReadyForReconnection // by hand, at the meter
)

// ParseSwitch reads attribute 3 of the switch.
func ParseSwitch(d Data) (SwitchState, error) {
	if d.Tag != TagEnum || d.Num < 0 || d.Num > int64(ReadyForReconnection) {
		return 0, refuse(0, "6-2: 4.5.8", "开关状态无效", "the state of the switch is not valid")
	}
	return SwitchState(d.Num), nil
}

// Operate makes the request of a method of the switch. IEC 62056-6-2 4.5.8: the parameter is integer 0
func Operate(invoke uint8, method int8) ActionRequest {
	zero := Of(TagInt8, 0)
	return ActionRequest{Kind: Normal, Invoke: invoke, Of: []Attribute{{Class: ClassDisconnect, Name: Switch, Number: method}}, Values: []*Data{&zero}}
}
