package proxyjson

import (
	"encoding/json"

	"github.com/invopop/jsonschema"
)

// Schema returns the JSON schema of what clients send and receive: $defs Command and Message.
func Schema() []byte {
	r := &jsonschema.Reflector{
		Anonymous: true, RequiredFromJSONSchemaTags: true, ExpandedStruct: false, LookupComment: describe,
	}
	s := r.Reflect(&struct {
		Command Command `json:"command"`
		Message Message `json:"message"`
	}{})
	setValues(s)
	s.ID = "https://github.com/smk-go/smk/docs/proxy.schema.json"
	s.Title = "Commands to and messages from smk proxy"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("BUG: proxyjson: " + err.Error())
	}
	return append(b, '\n')
}
