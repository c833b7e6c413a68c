// Package cpp measures C++ libprotobuf beside Go: a small program is compiled when it is needed, runs
// as a process of its own, and decodes or encodes as often as it is told, by the processor time of its
// own thread. It needs protoc, a C++ compiler and libprotobuf's headers; where one is missing, Start
// says so.
package cpp
