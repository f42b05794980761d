package main

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

var serial atomic.Uint64

var messages = map[int]string{
	1000: "Command completed successfully", 1500: "Command completed successfully; ending session", 2001: "Command syntax error",
	2002: "Command use error", 2200: "Authentication error", 2302: "Object exists", 2303: "Object does not exist",
	2307: "Unimplemented object service",
}

var escaper = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", "\r", "&#13;")

// reply is written by appending, not by encoding/xml, which would be several times slower.
type reply struct {
	session *session
	start   int
	data    bool
}

func begin(s *session, code int) *reply {
	r := &reply{session: s, start: len(s.output)}
	s.output = appendHead(s.output)
	r.raw(`<response><result code="`, strconv.Itoa(code), `"><msg>`, messages[code], `</msg></result>`)
	return r
}

func appendHead(out []byte) []byte {
	out = append(out, 0, 0, 0, 0)
	out = append(out, `<?xml version="1.0" encoding="UTF-8"?><epp xmlns="`...)
	out = append(out, eppNS...)
	return append(out, `">`...)
}

func (s *session) result(code int, clTRID string) { begin(s, code).end(clTRID) }

func (r *reply) raw(parts ...string) {
	for _, part := range parts {
		r.session.output = append(r.session.output, part...)
	}
}

func (r *reply) element(name, text string) {
	r.raw("<domain:", name, ">", escaped(text), "</domain:", name, ">")
}

func (r *reply) instant(name string, value time.Time) {
	r.raw("<domain:", name, ">")
	r.session.output = value.AppendFormat(r.session.output, "2006-01-02T15:04:05Z")
	r.raw("</domain:", name, ">")
}

func escaped(text string) string {
	if !strings.ContainsAny(text, "<>&\r") {
		return text
	}
	return escaper.Replace(text)
}

func (r *reply) begin(tag string) {
	r.data = true
	r.raw("<resData><domain:", tag, ` xmlns:domain="`, domainNS, `">`)
}

func (r *reply) check(registry *registry, names []string) {
	r.begin("chkData")
	for _, name := range names {
		if _, found := registry.domains[name]; found {
			r.raw(`<domain:cd><domain:name avail="0">`, escaped(name), `</domain:name><domain:reason>In use</domain:reason></domain:cd>`)
		} else {
			r.raw(`<domain:cd><domain:name avail="1">`, escaped(name), `</domain:name></domain:cd>`)
		}
	}
	r.raw("</domain:chkData>")
}

func (r *reply) info(name string, d *domain) {
	r.begin("infData")
	r.element("name", name)
	r.element("roid", d.roid)
	for _, status := range d.statuses {
		r.raw(`<domain:status s="`, escaped(status), `"/>`)
	}
	if d.registrant != "" {
		r.element("registrant", d.registrant)
	}
	for _, contact := range d.contacts {
		r.raw(`<domain:contact type="`, escaped(contact.Type), `">`, escaped(contact.ID), `</domain:contact>`)
	}
	r.raw("<domain:ns>")
	for _, host := range d.hosts {
		r.element("hostObj", host)
	}
	r.raw("</domain:ns>")
	r.element("clID", d.sponsor)
	r.element("crID", d.creator)
	r.instant("crDate", d.created)
	if d.updater != "" {
		r.element("upID", d.updater)
		r.instant("upDate", d.updated)
	}
	r.instant("exDate", d.expires)
	r.raw("</domain:infData>")
}

func (r *reply) created(name string, d *domain) {
	r.begin("creData")
	r.element("name", name)
	r.instant("crDate", d.created)
	r.instant("exDate", d.expires)
	r.raw("</domain:creData>")
}

func (r *reply) end(clTRID string) {
	if r.data {
		r.raw("</resData>")
	}
	r.raw("<trID>")
	if clTRID != "" {
		r.raw("<clTRID>", escaped(clTRID), "</clTRID>")
	}
	r.raw("<svTRID>", fmt.Sprintf("PEER-%016d", serial.Add(1)), "</svTRID></trID></response></epp>")
	finish(r.session.output, r.start)
}

func finish(out []byte, start int) {
	binary.BigEndian.PutUint32(out[start:], uint32(len(out)-start))
}

func appendGreeting(out []byte) []byte {
	start := len(out)
	out = appendHead(out)
	out = append(out, "<greeting><svID>bench</svID><svDate>"...)
	out = time.Now().UTC().AppendFormat(out, "2006-01-02T15:04:05Z")
	out = append(out, "</svDate><svcMenu><version>1.0</version><lang>en</lang><objURI>"+domainNS+"</objURI></svcMenu><dcp><access><all/></access>"+
		"<statement><purpose><prov/></purpose><recipient><public/></recipient><retention><stated/></retention></statement></dcp></greeting></epp>"...)
	finish(out, start)
	return out
}
