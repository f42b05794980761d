package main

import (
	"encoding/xml"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	eppNS    = "urn:ietf:params:xml:ns:epp-1.0"
	domainNS = "urn:ietf:params:xml:ns:domain-1.0"
)

type contact struct {
	Type string `xml:"type,attr"`
	ID   string `xml:",chardata"`
}

type domain struct {
	roid, registrant, sponsor, creator, updater, authInfo string
	statuses, hosts                                       []string
	contacts                                              []contact
	created, updated, expires                             time.Time
}

type registry struct {
	sync.Mutex
	domains map[string]*domain
}

func preloaded(count int) *registry {
	r := &registry{domains: make(map[string]*domain)}
	for i := range count {
		r.domains[fmt.Sprintf("p%d.example", i)] = &domain{
			roid:       fmt.Sprintf("D%d-REG", i+1),
			statuses:   []string{"ok"},
			registrant: fmt.Sprintf("own%d", i%1000),
			contacts:   []contact{{"admin", fmt.Sprintf("adm%d", i%1000)}, {"tech", fmt.Sprintf("tec%d", i%1000)}},
			hosts:      []string{fmt.Sprintf("ns1.host%d.example.net", i%500), fmt.Sprintf("ns2.host%d.example.net", i%500)},
			sponsor:    "reg-a", creator: "reg-a", authInfo: fmt.Sprintf("preloaded-%d", i),
			created: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), expires: time.Date(2034, 1, 1, 0, 0, 0, 0, time.UTC),
		}
	}
	return r
}

// The messages, as tags on structures: what encoding/xml is used with in practice.
type epp struct {
	XMLName xml.Name  `xml:"urn:ietf:params:xml:ns:epp-1.0 epp"`
	Hello   *struct{} `xml:"hello"`
	Command *command  `xml:"command"`
}

type command struct {
	Login  *login         `xml:"login"`
	Logout *struct{}      `xml:"logout"`
	Check  *checkCommand  `xml:"check"`
	Info   *infoCommand   `xml:"info"`
	Create *createCommand `xml:"create"`
	Update *updateCommand `xml:"update"`
	ClTRID string         `xml:"clTRID"`
}

type login struct {
	ClID string `xml:"clID"`
	Pw   string `xml:"pw"`
}

type checkCommand struct {
	Check *struct {
		Names []string `xml:"urn:ietf:params:xml:ns:domain-1.0 name"`
	} `xml:"urn:ietf:params:xml:ns:domain-1.0 check"`
}

type infoCommand struct {
	Info *struct {
		Name string `xml:"urn:ietf:params:xml:ns:domain-1.0 name"`
	} `xml:"urn:ietf:params:xml:ns:domain-1.0 info"`
}

type createCommand struct {
	Create *domainCreate `xml:"urn:ietf:params:xml:ns:domain-1.0 create"`
}

type domainCreate struct {
	Name       string    `xml:"urn:ietf:params:xml:ns:domain-1.0 name"`
	Period     int       `xml:"urn:ietf:params:xml:ns:domain-1.0 period"`
	Hosts      []string  `xml:"urn:ietf:params:xml:ns:domain-1.0 ns>hostObj"`
	Registrant string    `xml:"urn:ietf:params:xml:ns:domain-1.0 registrant"`
	Contacts   []contact `xml:"urn:ietf:params:xml:ns:domain-1.0 contact"`
	AuthInfo   string    `xml:"urn:ietf:params:xml:ns:domain-1.0 authInfo>pw"`
}

type change struct {
	Hosts    []string  `xml:"urn:ietf:params:xml:ns:domain-1.0 ns>hostObj"`
	Contacts []contact `xml:"urn:ietf:params:xml:ns:domain-1.0 contact"`
	Statuses []struct {
		S string `xml:"s,attr"`
	} `xml:"urn:ietf:params:xml:ns:domain-1.0 status"`
}

type updateCommand struct {
	Update *struct {
		Name string `xml:"urn:ietf:params:xml:ns:domain-1.0 name"`
		Add  change `xml:"urn:ietf:params:xml:ns:domain-1.0 add"`
		Rem  change `xml:"urn:ietf:params:xml:ns:domain-1.0 rem"`
		Chg  struct {
			Registrant string `xml:"urn:ietf:params:xml:ns:domain-1.0 registrant"`
		} `xml:"urn:ietf:params:xml:ns:domain-1.0 chg"`
	} `xml:"urn:ietf:params:xml:ns:domain-1.0 update"`
}

// frame answers one frame; false after a logout.
func (s *session) frame(payload []byte) bool {
	var message epp
	if err := xml.Unmarshal(payload, &message); err != nil {
		s.result(2001, "")
		return true
	}
	if message.Hello != nil {
		s.output = appendGreeting(s.output)
		return true
	}
	c := message.Command
	switch {
	case c == nil:
		s.result(2001, "")
	case (s.user == "") != (c.Login != nil):
		s.result(2002, c.ClTRID)
	case c.Login != nil:
		code := 2200
		if c.Login.ClID == "reg-a" && c.Login.Pw == "bench-password" {
			s.user, code = c.Login.ClID, 1000
		}
		s.result(code, c.ClTRID)
	case c.Logout != nil:
		s.result(1500, c.ClTRID)
		return false
	default:
		s.domainCommand(c)
	}
	return true
}

func (s *session) domainCommand(c *command) {
	s.registry.Lock()
	defer s.registry.Unlock()
	switch {
	case c.Check != nil && c.Check.Check != nil:
		reply := begin(s, 1000)
		reply.check(s.registry, c.Check.Check.Names)
		reply.end(c.ClTRID)
	case c.Info != nil && c.Info.Info != nil:
		domain, found := s.registry.domains[c.Info.Info.Name]
		if !found {
			s.result(2303, c.ClTRID)
			return
		}
		reply := begin(s, 1000)
		reply.info(c.Info.Info.Name, domain)
		reply.end(c.ClTRID)
	case c.Create != nil && c.Create.Create != nil:
		s.create(c.Create.Create, c.ClTRID)
	case c.Update != nil && c.Update.Update != nil:
		s.result(s.update(c.Update), c.ClTRID)
	default:
		s.result(2307, c.ClTRID)
	}
}

func (s *session) create(c *domainCreate, clTRID string) {
	if _, found := s.registry.domains[c.Name]; found {
		s.result(2302, clTRID)
		return
	}
	now := time.Now().UTC().Truncate(time.Second)
	d := &domain{
		roid: fmt.Sprintf("D%d-REG", len(s.registry.domains)+1), statuses: []string{"ok"},
		registrant: c.Registrant, contacts: c.Contacts, hosts: c.Hosts,
		sponsor: s.user, creator: s.user, created: now, expires: now.AddDate(max(c.Period, 1), 0, 0), authInfo: c.AuthInfo,
	}
	s.registry.domains[c.Name] = d
	reply := begin(s, 1000)
	reply.created(c.Name, d)
	reply.end(clTRID)
}

func (s *session) update(c *updateCommand) int {
	d, found := s.registry.domains[c.Update.Name]
	if !found {
		return 2303
	}
	d.hosts = changed(d.hosts, c.Update.Rem.Hosts, c.Update.Add.Hosts)
	d.contacts = changed(d.contacts, c.Update.Rem.Contacts, c.Update.Add.Contacts)
	var add, rem []string
	for _, status := range c.Update.Add.Statuses {
		add = append(add, status.S)
	}
	for _, status := range c.Update.Rem.Statuses {
		rem = append(rem, status.S)
	}
	d.statuses = changed(d.statuses, rem, add)
	if c.Update.Chg.Registrant != "" {
		d.registrant = c.Update.Chg.Registrant
	}
	d.updater, d.updated = s.user, time.Now().UTC()
	return 1000
}

func changed[T comparable](have, rem, add []T) []T {
	have = slices.DeleteFunc(have, func(value T) bool { return slices.Contains(rem, value) })
	for _, value := range add {
		if !slices.Contains(have, value) {
			have = append(have, value)
		}
	}
	return have
}
