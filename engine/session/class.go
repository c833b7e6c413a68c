package session

import "github.com/smk-go/smk/gen/msg"

// class says how a message that is sent is metered and whether its fate matters.
type class uint8

const (
	classFree      class = iota // subscriptions, settings, whatever is new
	classCreate                 // order entry that can raise the risk
	classCancel                 // order entry that can only lower it
	classCancelAll              // the emergency exit
	classes
)

// orderEntry reports whether a message waits for an answer.
func (c class) orderEntry() bool { return c != classFree }

// urgent reports whether a message has room of its own, and does not wait for the end of a replay.
func (c class) urgent() bool { return c >= classCancel }

// classOf returns the class of a type.
func classOf(typ msg.PayloadType) class {
	if uint(typ) < uint(len(classesOf)) {
		return classesOf[typ]
	}
	return classFree
}

// classesOf are the classes of the schema's types.
var classesOf = [typesEnd]class{
	msg.PayloadOrderCreate:         classCreate,
	msg.PayloadOrderCancelReplace:  classCreate,
	msg.PayloadOrderCancel:         classCancel,
	msg.PayloadOrderQuantityReduce: classCancel,
	msg.PayloadOrderCancelAll:      classCancelAll,
}
