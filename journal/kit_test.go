package journal

import "hash/crc32"

// mendHeader makes the checksum of a file's header right.
func mendHeader(b []byte) {
	le.PutUint32(b[atHeaderSum:], crc32.Checksum(b[:atHeaderSum], crcTable))
}

// mendRecords makes the checksums of the records right, as far as their lengths lead.
func mendRecords(b []byte) {
	for at := fileHeader; at+header <= len(b); {
		size, ok := usableHeader(b[at:], int64(len(b)-at))
		if !ok {
			return
		}
		le.PutUint32(b[at:], recordSum(le.Uint32(b[atSalt:]), b[at:at+size]))
		at += size
	}
}
