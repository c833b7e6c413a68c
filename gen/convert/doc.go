// Package convert converts messages between the two families of package gen: the flat values of
// gen/msg, which the engine decodes into and sends, and the standard protobuf types of gen/eto and
// gen/seto, which have reflection, JSON and text. It is for tools and tests. A bot that does not
// import it does not link google.golang.org/protobuf.
//
// XToProto makes a standard message that shares no memory with its argument. XFromProto fills a flat
// value, whose text fields then borrow the memory of the standard message's. [ToProto] and [FromProto]
// find the conversion by the type of the message. All of them keep presence: an absent field stays
// absent, and nothing is checked or defaulted.
package convert
