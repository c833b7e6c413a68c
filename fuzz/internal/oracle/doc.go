// Package oracle judges the flat messages of gen/msg against other implementations.
//
// [Check] decodes the same bytes three times over, with gen/msg, with google's library and with
// vtprotobuf's generated code, and says where they disagree beyond the differences that are listed
// in [Differences]. What gen/msg has to answer, to the error's offset and the unknown counters, is
// told by [Expect], a slow decoder of our own that walks the schema's descriptors and shares no
// code with the generated one.
//
// [Random] makes valid messages, [Mutate] breaks them. Both draw from the caller's generator, so a
// seed repeats a run.
package oracle
