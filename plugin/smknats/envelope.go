package smknats

import (
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// envelope returns an envelope without a body and a cursor.
func (p *Publisher) envelope() *natspb.Envelope {
	return &natspb.Envelope{
		Version: proto.Uint32(version), Account: &p.c.Account, Publisher: &p.number, Published: proto.Int64(p.c.Wall()),
	}
}

// parseEnvelope reads an envelope. The error is a *MessageError.
func parseEnvelope(subject string, sequence uint64, data []byte) (*natspb.Envelope, error) {
	e := &natspb.Envelope{}
	if err := proto.Unmarshal(data, e); err != nil {
		return nil, &MessageError{subject, sequence, "no envelope"}
	}
	switch {
	case e.GetVersion() != version:
		return nil, &MessageError{subject, sequence, "another version of the schema"}
	case e.Body == nil || e.GetAccount() == "" || e.GetPublisher() == "":
		return nil, &MessageError{subject, sequence, "an envelope without account, publisher or body"}
	case len(e.GetAccount()) > nameBytesMax || len(e.GetPublisher()) > nameBytesMax:
		return nil, &MessageError{subject, sequence, "an account or publisher of more than 64 bytes"}
	}
	return e, nil
}
