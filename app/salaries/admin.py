from django.contrib import admin

from salaries.models import SalaryObservation


@admin.register(SalaryObservation)
class SalaryObservationAdmin(admin.ModelAdmin):
    """To look at: rows come by the commands and the API, which keep the aggregates right."""

    list_display = ("role", "level", "location", "state", "currency", "total_compensation", "source")
    list_filter = ("level", "work_model")
    search_fields = ("role",)
    show_full_result_count = False

    def has_add_permission(self, *_: object) -> bool:
        return False

    def has_change_permission(self, *_: object) -> bool:
        return False

    def has_delete_permission(self, *_: object) -> bool:
        return False
