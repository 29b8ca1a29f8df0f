"""What gunicorn serves. The image sets DJANGO_SETTINGS_MODULE; there is no default that could hide a mistake."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
