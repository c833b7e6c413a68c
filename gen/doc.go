// Package gen holds nothing itself: the folders below it are the exchange's messages in Go, in two families made from
// the same definitions in proto/.
//
// The standard family, [github.com/smk-go/smk/gen/eto] for the session layer and [github.com/smk-go/smk/gen/seto] for
// everything above it, is what protoc-gen-go and vtprotobuf make: pointers for presence, reflection, JSON. It is for
// tools, for tests, and for messages that a program builds by hand. Decoding into it allocates.
//
// The flat family, [github.com/smk-go/smk/gen/msg], is what the engine runs on: one plain value per message with
// presence in a bit set, decoded into memory that the caller owns, without allocation.
//
// [github.com/smk-go/smk/gen/convert] converts between the two.
//
// A test here holds the definitions against the protocol's tables in testdata, both ways: nothing is missing and
// nothing
// is added.
package gen
