// Package journal keeps what happens on an engine's loop, in order, in files that survive the process: what was
// received and sent, clock readings, results of system calls, commands, refusals, digests of the state. It does not
// know what payloads mean. The engine masks credentials before it appends a payload (the session's tap does that): what
// gets here is written as it is.
//
// A [Recorder] belongs to the loop. It copies each record into a ring of bytes and commits with one atomic store; one
// goroutine takes what was committed out of the ring and writes it, in large pieces, into the segments of a folder. If
// the ring is full, the loop waits or the record is lost, see [FullPolicy]; if the disk fails, records are lost until
// it works again, see [FailurePolicy]. A Lost record says where and how many. [Durability] says when the writer syncs.
//
// A [Reader] returns the records again, of a journal that is complete or still growing.
//
// # Format
//
// A folder has segments, 000000000001.smkj and so on, and a file lock. Numbers are little-endian. A segment begins
// with a header:
//
//	offset  bytes
//	     0      8  "SMKJRNL\n"
//	     8      4  version of the format, 1
//	    12      4  salt: a random number
//	    16      8  number of the segment
//	    24      8  wall clock when the file was made, ns since the Unix epoch
//	    32     12  zero
//	    44      4  CRC-32C of the 44 bytes before
//
// Records follow without gaps. Each begins at a multiple of 8:
//
//	offset  bytes
//	     0      4  CRC-32C of the rest of the record with its payload and the zeros behind; its start value is the
//	               salt, so that a payload which looks like a record, or one of another segment, is none
//	     4      4  n, bytes of the payload, at most 1 MiB
//	     8      8  sequence number
//	    16      8  clock reading of the loop in ns
//	    24      8  wall clock, ns since the Unix epoch
//	    32      4  epoch of the connection
//	    36      1  kind, not 0
//	    37      1  flags: 0x80 the payload was cut; the others are the caller's
//	    38      1  0x01 of the writer's own, without a sequence number; 0x02 all before it in the segment is durable
//	    39      1  zero
//	    40      n  payload
//	               zeros to a multiple of 8
//
// The sequence number of a record is that of the one before plus 1. A Lost record has the number of the first record
// that is missing, and the next one the number behind the last; the writer's own repeat the one before. The first
// record is KindSegment, the last of a segment that is complete KindSeal. Their payloads, in words of 8 bytes, are
//
//	KindSegment  version, number of the segment, wall clock less the loop's clock, Config.Name
//	KindSeal     first and last sequence number, how many records, how many of them lost (see SealInfo)
//	KindLost     how many, cause: 1 ring full, 2 disk failed
//	KindGC       collections, ns of all pauses, ns of the longest
//
// A segment is claimed in advance and reads as zeros behind its records; its seal is where it ends. The next segment,
// which has a header and no record, may already be there.
//
// # Torn ends
//
// What is not a record is the end of a journal if it is in the last segment that has records, nothing valid lies behind
// it, and the segment is not sealed. Blocks of zeros that a power cut left are also an end. Everything else is a
// [DamageError]. judge.go explains how they are told apart.
package journal
