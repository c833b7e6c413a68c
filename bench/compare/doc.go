// Package compare puts other protobuf libraries beside gen/msg: each decodes and encodes the messages of bench by
// its fastest documented calls, and each is checked to read the same values before it is measured.
//
// It is a module of its own, so that nothing it compares with is ever required by the library.
//
//	go run ./cmd/bench     the table of results, in Markdown
package compare
