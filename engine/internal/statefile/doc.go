// Package statefile keeps bytes on disk so that a process that is killed at any moment finds them again: an image
// that is replaced as a whole, and a log of records that are appended and durable before the caller goes on. It does
// not know what the bytes mean.
//
// A [Store] is two kinds of files beside each other. The image, at the path itself, is written to a temporary
// file, made durable and renamed, so that the path always names a whole one. The log, in two files that take turns,
// holds the records since; an image says how many of all records ever it covers. A lock file keeps out a second
// process. Every file has a checksum and says whose it is: what is torn, damaged, of another owner or of another
// version is refused with an [*Error] and left as it is.
package statefile
