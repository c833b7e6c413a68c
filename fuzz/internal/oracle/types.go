package oracle

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// Flat is what every flat message can do.
type Flat interface {
	Decode(b []byte, u *msg.Unknown) error
	Reset()
	SizeVT() int
	MarshalToSizedBufferVT(b []byte) (int, error)
	MarshalVT() ([]byte, error)
	String() string
}

// Standard is what every standard message can do: google's methods and vtprotobuf's.
type Standard interface {
	proto.Message
	SizeVT() int
	MarshalVT() ([]byte, error)
	MarshalToSizedBufferVT(b []byte) (int, error)
	UnmarshalVT(b []byte) error
}

// Type is one message of the protocol in both families.
type Type struct {
	Name        protoreflect.FullName
	Descriptor  protoreflect.MessageDescriptor
	NewFlat     func() Flat
	NewStandard func() Standard
	ToProto     func(Flat) Standard  // calls convert.ToProto
	FromProto   func(Flat, Standard) // calls convert.FromProto
}

// ByName returns the type with the full protobuf name. It panics if there is none.
func ByName(name protoreflect.FullName) Type {
	for _, t := range Types {
		if t.Name == name {
			return t
		}
	}
	panic("BUG: no message " + string(name))
}

func of[F, S any, PF interface {
	*F
	Flat
}, PS interface {
	*S
	Standard
}]() Type {
	descriptor := PS(new(S)).ProtoReflect().Descriptor()
	return Type{
		Name:        descriptor.FullName(),
		Descriptor:  descriptor,
		NewFlat:     func() Flat { return PF(new(F)) },
		NewStandard: func() Standard { return PS(new(S)) },
		ToProto:     func(m Flat) Standard { return convert.ToProto(m).(PS) },
		FromProto: func(m Flat, p Standard) {
			if !convert.FromProto(m, p) {
				panic("BUG: no message " + string(descriptor.FullName()))
			}
		},
	}
}

// Types are all messages of the protocol.
var Types = []Type{
	of[msg.BalanceChanged, seto.BalanceChanged](),
	of[msg.ContractQuotes, seto.ContractQuotes](),
	of[msg.ContractState, seto.ContractState](),
	of[msg.EtoLogin, eto.Login](),
	of[msg.EtoLoginResponse, eto.LoginResponse](),
	of[msg.EtoLogout, eto.Logout](),
	of[msg.EtoPayload, eto.Payload](),
	of[msg.EtoReplay, eto.Replay](),
	of[msg.EventSubscribe, seto.EventSubscribe](),
	of[msg.EventUnsubscribe, seto.EventUnsubscribe](),
	of[msg.Execution, seto.Execution](),
	of[msg.Login, seto.Login](),
	of[msg.MarketFeedSubscribe, seto.MarketFeedSubscribe](),
	of[msg.MarketFeedUnsubscribe, seto.MarketFeedUnsubscribe](),
	of[msg.MarketManagedState, seto.MarketManagedState](),
	of[msg.MarketQuotes, seto.MarketQuotes](),
	of[msg.MarketState, seto.MarketState](),
	of[msg.MarketSubscribe, seto.MarketSubscribe](),
	of[msg.MarketUnsubscribe, seto.MarketUnsubscribe](),
	of[msg.OrderAccepted, seto.OrderAccepted](),
	of[msg.OrderCancel, seto.OrderCancel](),
	of[msg.OrderCancelAll, seto.OrderCancelAll](),
	of[msg.OrderCancelAllAccepted, seto.OrderCancelAllAccepted](),
	of[msg.OrderCancelAllRejected, seto.OrderCancelAllRejected](),
	of[msg.OrderCancelRejected, seto.OrderCancelRejected](),
	of[msg.OrderCancelReplace, seto.OrderCancelReplace](),
	of[msg.OrderCancelReplaceAccepted, seto.OrderCancelReplaceAccepted](),
	of[msg.OrderCancelReplaceRejected, seto.OrderCancelReplaceRejected](),
	of[msg.OrderCancelled, seto.OrderCancelled](),
	of[msg.OrderCreate, seto.OrderCreate](),
	of[msg.OrderExecuteConfirmed, seto.OrderExecuteConfirmed](),
	of[msg.OrderExecuted, seto.OrderExecuted](),
	of[msg.OrderExecutedVoid, seto.OrderExecutedVoid](),
	of[msg.OrderInvalid, seto.OrderInvalid](),
	of[msg.OrderPendingReplace, seto.OrderPendingReplace](),
	of[msg.OrderQuantityReduce, seto.OrderQuantityReduce](),
	of[msg.OrderQuantityReduceRejected, seto.OrderQuantityReduceRejected](),
	of[msg.OrderQuantityReduced, seto.OrderQuantityReduced](),
	of[msg.OrderReduced, seto.OrderReduced](),
	of[msg.OrderRejected, seto.OrderRejected](),
	of[msg.OrderVoided, seto.OrderVoided](),
	of[msg.Payload, seto.Payload](),
	of[msg.PriceFeedSubscribe, seto.PriceFeedSubscribe](),
	of[msg.PriceFeedUnsubscribe, seto.PriceFeedUnsubscribe](),
	of[msg.Quote, seto.Quote](),
	of[msg.RunningballNotification, seto.RunningballNotification](),
	of[msg.Settings, seto.Settings](),
	of[msg.SettingsAccepted, seto.SettingsAccepted](),
	of[msg.ThrottleLimitsChanged, seto.ThrottleLimitsChanged](),
}
