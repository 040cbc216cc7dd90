# SPDX-License-Identifier: AGPL-3.0-or-later
"""A health centre for the desk's tests: six practitioners at two sites, visit types in colours, one laser."""

CENTRE = """
[[practices]]
slug = "cabinet-des-tilleuls"
name = "Maison de santé des Tilleuls"

[[practices.sites]]
key = "lavoir"
name = "Maison du Lavoir"
address = "14 rue du Lavoir"
postcode = "26150"
town = "Die"
town_code = "26113"
latitude = 44.7535
longitude = 5.3703

[[practices.sites]]
key = "pont"
name = "Antenne du Pont"
address = "2 quai du Pont"
postcode = "26150"
town = "Die"
town_code = "26113"
latitude = 44.7535
longitude = 5.3703

[[practices.units]]
key = "all"
name = "Cabinet"

[[practices.practitioners]]
key = "bento"
title = "Dr"
given_name = "Inès"
family_name = "Bento"
specialty = "SM26"
slug = "bento-centre"

[[practices.practitioners]]
key = "okoro"
title = "Dr"
given_name = "Ike"
family_name = "Okoro-Lacaze"
specialty = "SM26"
slug = "okoro-centre"

[[practices.practitioners]]
key = "ferrand"
title = "Dr"
given_name = "Luc"
family_name = "Ferrand"
specialty = "SM26"
slug = "ferrand-centre"

[[practices.practitioners]]
key = "haddad"
title = "Dr"
given_name = "Salma"
family_name = "Haddad"
specialty = "SM26"
slug = "haddad-centre"

[[practices.practitioners]]
key = "kermarrec"
title = "Dr"
given_name = "Yann"
family_name = "Kermarrec"
specialty = "SM26"
slug = "kermarrec-centre"

[[practices.practitioners]]
key = "da-silva"
title = "Dr"
given_name = "Marta"
family_name = "Da Silva-Oliveira"
specialty = "SM26"
slug = "da-silva-centre"

[[practices.agendas]]
key = "bento"
site = "lavoir"
practitioner = "bento"
unit = "all"

[[practices.agendas]]
key = "okoro"
site = "lavoir"
practitioner = "okoro"
unit = "all"

[[practices.agendas]]
key = "ferrand"
site = "lavoir"
practitioner = "ferrand"
unit = "all"

[[practices.agendas]]
key = "haddad"
site = "lavoir"
practitioner = "haddad"
unit = "all"

[[practices.agendas]]
key = "kermarrec"
site = "pont"
practitioner = "kermarrec"
unit = "all"

[[practices.agendas]]
key = "da-silva"
site = "pont"
practitioner = "da-silva"
unit = "all"

[[practices.visit_types]]
key = "consultation"
name_fr = "Consultation"
name_en = "Consultation"
minutes = 20
step_minutes = 20
colour = 1
agendas = ["bento", "okoro", "ferrand", "haddad", "kermarrec", "da-silva"]
notice_minutes = 0
horizon_days = 200

[[practices.visit_types]]
key = "long"
name_fr = "Consultation longue"
name_en = "Long consultation"
minutes = 40
step_minutes = 20
colour = 2
agendas = ["bento", "okoro", "ferrand", "haddad", "kermarrec", "da-silva"]
notice_minutes = 0
horizon_days = 200

[[practices.visit_types]]
key = "suivi"
name_fr = "Suivi de pansement"
name_en = "Dressing"
minutes = 20
step_minutes = 20
colour = 3
agendas = ["bento", "okoro", "ferrand", "haddad", "kermarrec", "da-silva"]
notice_minutes = 0
horizon_days = 200

[[practices.visit_types]]
key = "vaccin"
name_fr = "Vaccination"
name_en = "Vaccination"
minutes = 20
step_minutes = 20
colour = 4
agendas = ["bento", "okoro", "ferrand", "haddad", "kermarrec", "da-silva"]
notice_minutes = 0
horizon_days = 200

[[practices.visit_types]]
key = "laser"
name_fr = "Laser"
name_en = "Laser"
minutes = 20
step_minutes = 20
resources = ["laser"]
colour = 5
agendas = ["bento", "okoro"]
notice_minutes = 0
horizon_days = 200

[[practices.resources]]
key = "laser-1"
site = "lavoir"
kind = "laser"
name = "Laser du premier"

[[practices.openings]]
key = "bento-am"
agenda = "bento"
first_date = 2026-01-01
from = "08:30"
to = "12:30"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "bento-pm"
agenda = "bento"
first_date = 2026-01-01
from = "14:00"
to = "18:00"
days = ["MO", "TU", "TH", "FR"]

[[practices.openings]]
key = "okoro-am"
agenda = "okoro"
first_date = 2026-01-01
from = "08:30"
to = "12:30"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "okoro-pm"
agenda = "okoro"
first_date = 2026-01-01
from = "14:00"
to = "18:30"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "ferrand-am"
agenda = "ferrand"
first_date = 2026-01-01
from = "08:30"
to = "12:30"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "ferrand-pm"
agenda = "ferrand"
first_date = 2026-01-01
from = "14:00"
to = "18:00"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "haddad-am"
agenda = "haddad"
first_date = 2026-01-01
from = "08:30"
to = "12:30"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "haddad-pm"
agenda = "haddad"
first_date = 2026-01-01
from = "14:00"
to = "18:30"
days = ["MO", "TU", "TH", "FR"]

[[practices.openings]]
key = "kermarrec-am"
agenda = "kermarrec"
first_date = 2026-01-01
from = "08:30"
to = "12:30"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "kermarrec-pm"
agenda = "kermarrec"
first_date = 2026-01-01
from = "14:00"
to = "18:00"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "da-silva-am"
agenda = "da-silva"
first_date = 2026-01-01
from = "08:30"
to = "12:30"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.openings]]
key = "da-silva-pm"
agenda = "da-silva"
first_date = 2026-01-01
from = "14:00"
to = "18:30"
days = ["MO", "TU", "WE", "TH", "FR"]

[[practices.absences]]
key = "ferrand-away"
agenda = "ferrand"
since = 2027-03-16T14:00:00
until = 2027-03-17T12:00:00
"""
