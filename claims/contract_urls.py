"""Addresses of agreements on their way, of the designated list, of physicians and of hospitals' connections."""

from django.urls import path

from claims import application_pages, connection_pages, contract_pages, designated_pages, history_pages, physician_pages

contracts = [
    path("institutions/<int:pk>/apply/", application_pages.apply, name="apply"),
    path("institutions/<int:pk>/sign/", contract_pages.sign, name="sign"),
    path("institutions/<int:pk>/history/", history_pages.history, name="institution-history"),
    path("institutions/<int:pk>/connect/", connection_pages.connect, name="connect"),
    path("connections/<int:pk>/close/", connection_pages.disconnect, name="disconnect"),
    path("messages/", connection_pages.Messages.as_view(), name="messages"),
    path("messages/<int:pk>/", connection_pages.message_page, name="message"),
    path("applications/", application_pages.Applications.as_view(), name="applications"),
    path("applications/<int:pk>/", application_pages.application_page, name="application"),
    path("applications/<int:pk>/assess/", application_pages.assess, name="assess"),
    path("applications/<int:pk>/publish/", application_pages.publish, name="publish"),
    path("applications/<int:pk>/close/", application_pages.close, name="close-application"),
    path("agreements/<int:pk>/suspend/", contract_pages.suspend, name="suspend"),
    path("agreements/<int:pk>/resume/", contract_pages.resume, name="resume"),
    path("agreements/<int:pk>/appraise/", contract_pages.appraise, name="appraise"),
    path("agreements/<int:pk>/end/", contract_pages.end_agreement, name="end-agreement"),
    path("agreement-acts/", contract_pages.Acts.as_view(), name="acts"),
    path("agreement-acts/<int:pk>/", contract_pages.act_page, name="act"),
    path("agreement-acts/<int:pk>/decide/", contract_pages.decide, name="decide-act"),
    path("designated/", designated_pages.Designated.as_view(), name="designated"),
    path("designated/print/", designated_pages.print_designated, name="print-designated"),
    path("physicians/", physician_pages.Physicians.as_view(), name="physicians"),
    path("physicians/new/", physician_pages.register, name="register-physician"),
    path("physicians/<int:pk>/", physician_pages.physician_page, name="physician"),
    path("physicians/<int:pk>/state/", physician_pages.state, name="state-physician"),
    path("physicians/<int:pk>/practise/", physician_pages.practise, name="practise"),
]
