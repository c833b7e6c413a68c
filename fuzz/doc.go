// Package fuzz holds the tests that cross packages: native fuzz targets, properties, and the
// comparison of our messages with google's protobuf library and vtprotobuf's generated code. It has
// no code of its own to import.
//
// FuzzPayload and FuzzMessages give any bytes to all three decoders, FuzzRoundTrip follows what
// they accept through the encoders and back, and FuzzStream cuts any stream of frames in any way.
// Their seeds are the payloads of gen/msg/testdata. To fuzz one of them:
//
//	go test -fuzz '^FuzzPayload$' ./fuzz
//
// TestDecoders and FuzzDecoders hold the fast decoders of gen/msg to the strict ones, at the edge of the
// memory that may be read. For a long run:
//
//	go test -run '^TestDecoders$' -timeout 0 -v ./fuzz -cases 30000000 -seed 1
//
// Where gen/msg answers otherwise than google's library it does so on purpose. The list of these
// differences is closed: the tests here fail on any other, and each has a test of its own.
package fuzz
