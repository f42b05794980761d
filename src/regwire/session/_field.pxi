# Attributes of messages, read at their slots: of both hot paths.

from cpython.object cimport PyObject


cdef extern from *:
    """
    #include <structmember.h>
    /* Where the object of a slot lies, or -1 when the descriptor is no slot of an object. */
    static Py_ssize_t regwire_slot_offset(PyObject *descriptor) {
        PyMemberDef *member;
        if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type))
            return -1;
        member = ((PyMemberDescrObject *)descriptor)->d_member;
        return member->type == T_OBJECT_EX ? member->offset : -1;
    }
    /* A borrowed reference; NULL when the slot is empty. */
    static PyObject *regwire_slot_value(PyObject *object, Py_ssize_t offset) {
        return *(PyObject **)((char *)object + offset);
    }
    """
    Py_ssize_t regwire_slot_offset(object descriptor)
    PyObject *regwire_slot_value(object instance, Py_ssize_t offset)


cdef class Field:
    """An attribute of messages. Of the class seen last it is read at its slot, which costs a third of a look-up."""

    cdef str name
    cdef object kind
    cdef Py_ssize_t offset

    def __init__(self, str name not None):
        self.name = name
        self.offset = -1

    cdef object of(self, instance):
        cdef PyObject *value
        if type(instance) is not self.kind:
            self.kind = type(instance)
            # The class's own attribute: found as an instance's would be, since slots are data descriptors.
            self.offset = regwire_slot_offset(getattr(self.kind, self.name, None))
        if self.offset >= 0:
            value = regwire_slot_value(instance, self.offset)
            if value is not NULL:
                return <object>value
        return getattr(instance, self.name)
